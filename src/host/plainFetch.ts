/**
 * `fetch` for exporters, by node:http. It decodes nothing: Node's own asks for Brotli, decodes it even unasked, and some
 * versions of Node have a hole there (CVE-2026-111497).
 */
import * as http from "node:http"
import * as https from "node:https"

/** What a collector says is short; more of it is not read. */
const mostBytes = 1024 * 1024

/** Statuses whose answers have no body. */
const empty: ReadonlySet<number> = new Set([101, 204, 205, 304])

/** Sends a request whose body is bytes or a text, and returns the answer with its bytes as they came. Redirects are not followed. */
export const plainFetch: typeof globalThis.fetch = (input, init = {}) =>
  new Promise((resolve, reject) => {
    const { body } = init
    if (body !== undefined && body !== null && typeof body !== "string" && !(body instanceof Uint8Array)) {
      throw new TypeError("the body is neither bytes nor a text")
    }
    const url = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init.headers)
    headers.set("accept-encoding", "identity")
    const options = {
      method: init.method ?? "GET",
      headers: Object.fromEntries(headers),
      ...init.signal === undefined || init.signal === null ? {} : { signal: init.signal }
    }
    const { request } = url.protocol === "https:" ? https : http
    const sent = request(url, options, (answer) => {
      void read(answer).then((bytes) => {
        const status = answer.statusCode ?? 0
        resolve(new Response(empty.has(status) ? null : bytes, { status, headers: headersOf(answer) }))
      }).catch(reject)
    })
    sent.on("error", reject)
    sent.end(body ?? undefined)
  })

const read = async (answer: http.IncomingMessage): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of answer) {
    if (!(chunk instanceof Uint8Array)) continue
    length += chunk.byteLength
    if (length > mostBytes) break
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

const headersOf = ({ headersDistinct }: http.IncomingMessage): Headers => {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  return headers
}
