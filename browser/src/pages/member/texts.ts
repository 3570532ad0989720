/** What may be filled into a sentence. */
export type Values = Readonly<Record<string, string | number>>;

/** Return a sentence of the page with its `{places}` filled in; the sentences stand in `<template data-text="key">`. */
export function text(key: string, values: Values = {}): string {
  return filled(sentence(key) ?? key, values);
}

/** Return the form of a sentence for a number, `key.one` or `key.other`, with the number as `{n}`. */
export function counted(key: string, n: number, values: Values = {}): string {
  const { plural, number } = forms();
  const words = sentence(`${key}.${plural.select(n)}`) ?? sentence(`${key}.other`) ?? sentence(key) ?? key;
  return filled(words, { ...values, n: number.format(n) });
}

let made: { readonly plural: Intl.PluralRules; readonly number: Intl.NumberFormat } | null = null;

// Making them takes longer than using them a hundred times, and a page has one language.
function forms(): { readonly plural: Intl.PluralRules; readonly number: Intl.NumberFormat } {
  const language = document.documentElement.lang || "en";
  made ??= { plural: new Intl.PluralRules(language), number: new Intl.NumberFormat(language) };
  return made;
}

/** Fill the `{places}` of a sentence; one without a value stays as it is. */
export function filled(words: string, values: Values): string {
  return words.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

function sentence(key: string): string | undefined {
  return document.querySelector<HTMLTemplateElement>(`template[data-text="${key}"]`)?.content.textContent ?? undefined;
}
