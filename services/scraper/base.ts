/**
 * What a page's addresses are relative to. Source: HTML Standard, "set the frozen base URL".
 */

/** The page's own base, unless that is no address, or one of those that nothing can be relative to. */
export const baseOf = (base: string | undefined, url: string): string => {
  const found = base === undefined ? null : URL.parse(base, url)
  return found === null || /^(?:data|javascript):$/.test(found.protocol) ? url : found.href
}
