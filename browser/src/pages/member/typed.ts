/** Split typed words as the core does, to name the one that is wrong. */
export function typedWords(typed: string): string[] {
  return typed
    .split(/[\s\d.,;:()-]+/)
    .filter(Boolean);
}
