/** Texts of the bot: cut to what fits, and safe from being read as markup. */

/** Cuts a text to what fits. */
export const clip = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`

/** Keeps a text from being read as Discord's markup. */
export const plain = (text: string): string => text.replace(/[\\`*_~|<>[\]#]/g, "\\$&")

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`
