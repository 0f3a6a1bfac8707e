/**
 * Whether a module of a package looks for files next to itself, which are not there once it is part of a bundle: a worker of its own, a
 * template, a table. Such a package is copied, as those with native add-ons are. Pure.
 */

const places = /(?<![\w$.])__(?:dirname|filename)(?![\w$])/
/** It is asked for, or made, by the module itself: a module that is CommonJS and ES module at the same time. */
const asked = /typeof\s+__(?:dirname|filename)|(?:var|let|const)\s+__(?:dirname|filename)\b/
const relativeUrl = /new\s+URL\(\s*["'`]\.{1,2}\/[^"'`]*["'`]\s*,\s*import\.meta\.url\s*\)/
/** Comments and texts that may name what is looked for. */
const others = /\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g

/** A quick look, for the bundler's filter: most modules have nothing of it. */
export const suspicious: RegExp = /__dirname|__filename|import\.meta\.url/

/** Whether the code of a module looks for files next to itself. */
export const looksForFiles = (code: string): boolean =>
  relativeUrl.test(code) || (!asked.test(code) && places.test(code) && places.test(code.replaceAll(others, "")))
