/** What may be filled into a sentence. */
export type Values = Readonly<Record<string, string | number>>;

/** Return a sentence of the page with its `{places}` filled in; the sentences stand in `<template data-text="key">`. */
export function text(key: string, values: Values = {}): string {
  return filled(sentence(key) ?? key, values);
}

/** Return the form of a sentence for a number, `key.one` or `key.other`, with the number as `{n}`. */
export function counted(key: string, n: number, values: Values = {}): string {
  const form = new Intl.PluralRules(document.documentElement.lang || "en").select(n);
  const words = sentence(`${key}.${form}`) ?? sentence(`${key}.other`) ?? sentence(key) ?? key;
  return filled(words, { ...values, n: new Intl.NumberFormat(document.documentElement.lang || "en").format(n) });
}

/** Fill the `{places}` of a sentence; one without a value stays as it is. */
export function filled(words: string, values: Values): string {
  return words.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

function sentence(key: string): string | undefined {
  return document.querySelector<HTMLTemplateElement>(`template[data-text="${key}"]`)?.content.textContent ?? undefined;
}
