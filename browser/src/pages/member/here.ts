/** Where a member's page stands, read off the link to its card. */
export interface Here {
  /** `/ask/<organisation>` */
  readonly base: string;
  readonly organisation: string;
  readonly language: string;
}

/** Return where this page stands, or null for a page of no organisation. */
export function here(): Here | null {
  const card = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')?.getAttribute("href") ?? "";
  const found = /^(\/ask\/([^/]+))\/([^/]+)\//.exec(card);
  return found && { base: found[1] ?? "", organisation: found[2] ?? "", language: found[3] ?? "" };
}

/** Name of what tells, without opening anything, that requests wait on this device. */
export function waitingMark({ organisation }: Here): string {
  return `page-${organisation}-later`;
}

/** Name of the place in the browser's database where they wait. */
export function waitingPlace({ organisation }: Here): string {
  return `page-${organisation}`;
}
