/** The limits page: the six words by which a person sees that this page belongs to the poster on the wall. */
// All of it is loaded with the checking code, so that the bundles of the ask page are not cut into more pieces for this page's sake.
void import("./member/checking.ts").then(({ lookAtWords }) => lookAtWords());
