/**
 * How a bundle imports node:http. An import statement reads all that a built-in module exports, and there that includes `WebSocket`,
 * for which Node loads its own HTTP client: 4 MB and 25 ms for every thread. So the bundle reads the exports that it uses.
 */
import * as http from "node:http"
import type { Plugin } from "rolldown"

const id = "\0heddle:http"

const code = [
  "const http = process.getBuiltinModule(\"node:http\")",
  "const read = (name) => http[name]",
  "export default http",
  ...Object.keys(http).filter((name) => name !== "default").map((name) =>
    `export const ${name} = /* @__PURE__ */ read(${JSON.stringify(name)})`
  )
].join("\n")

/** Replaces the import statements of node:http. */
export const lightHttp: Plugin = {
  name: "heddle:http",
  resolveId: {
    filter: { id: /^(?:node:)?http$/ },
    handler: (_, __, { kind }) => kind === "import-statement" ? id : undefined
  },
  load: { filter: { id: /^\0heddle:http$/ }, handler: () => code }
}
