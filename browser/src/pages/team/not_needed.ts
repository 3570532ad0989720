/**
 * Stands in for what jsPDF loads to turn web pages into pictures (html2canvas, canvg, dompurify), which a poster never does.
 *
 * Any use of it throws.
 */
export default function unused(): never {
  throw new Error("not-needed");
}
