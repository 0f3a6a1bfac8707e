/** How a bundle imports node:http. */
import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { rolldown } from "rolldown"
import { lightHttp } from "../../src/cli/build/builtins.ts"

/** Bundles a module, and runs it on a thread: what it posts, and whether Node has loaded its own HTTP client there. */
const run = async (code: string) => {
  const bundler = await rolldown({
    input: "entry",
    platform: "node",
    plugins: [{
      name: "entry",
      resolveId: (id) => id === "entry" || id === "barrel" ? id : undefined,
      load: (id) => id === "entry" ? code : id === "barrel" ? "export * from \"http\"" : undefined
    }, lightHttp]
  })
  const { output: [chunk] } = await bundler.generate({ format: "esm" })
  await bundler.close()
  const end = `
    import { parentPort } from "node:worker_threads"
    parentPort.postMessage([posted, process.moduleLoadList.some((name) => name.includes("undici"))])`
  const source = chunk.code.replace(/export \{ posted \};?/, "") + end
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`))
  const [[posted, isClientLoaded]] = await once(worker, "message")
  return { posted, isClientLoaded, code: chunk.code }
}

describe("node:http in a bundle", () => {
  it("B1: A bundle that imports node:http does not load Node's own HTTP client by that.", async () => {
    const { isClientLoaded, posted } = await run(`
      import http, { createServer, STATUS_CODES } from "node:http"
      import * as all from "http"
      import { METHODS } from "barrel"
      export const posted = [http.createServer === createServer, STATUS_CODES[418], typeof all.request, METHODS.includes("GET")]
    `)
    assert.deepStrictEqual(posted, [true, "I'm a Teapot", "function", true])
    assert.isFalse(isClientLoaded)
  })

  it("B1: What Node's own HTTP client exports by node:http is there for who imports it, by name or all at once.", async () => {
    const named = await run(`
      import { WebSocket } from "node:http"
      export const posted = [WebSocket === globalThis.WebSocket]
    `)
    assert.deepStrictEqual(named.posted, [true])
    const whole = await run(`
      import * as http from "node:http"
      const name = ["Web", "Socket"].join("")
      export const posted = [http[name] === globalThis.WebSocket, typeof http.default.get]
    `)
    assert.deepStrictEqual(whole.posted, [true, "function"])
  })
})
