/** What a hostile HTTP client does with a connection, by kind. */
import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"

type Play = (socket: Socket, target: URL) => void

const json = (path: string, body: string, host: string, more = "") =>
  `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${more}content-length: ${
    Buffer.byteLength(body)
  }\r\n\r\n${body}`

const get = (path: string, host: string, more = "") => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${more}\r\n`

/** Writes a piece now and then until the server has had enough. */
const trickle = (socket: Socket, head: string, piece: string): void => {
  socket.write(head)
  const timer = setInterval(() => socket.write(piece), 200)
  socket.on("close", () => clearInterval(timer))
}

/** Writes as fast as it is read, 64 MiB at most. */
const flood = (socket: Socket, head: string, piece: string): void => {
  socket.write(head)
  let left = Math.ceil(67_108_864 / piece.length)
  const more = (): void => {
    while (left-- > 0 && !socket.destroyed && socket.write(piece));
  }
  socket.on("drain", more)
  more()
}

const say = (text: string): Play => (socket) => {
  socket.resume()
  socket.write(text)
}

const each = (texts: ReadonlyArray<(host: string) => string>): Play => (socket, { host }) => {
  socket.resume()
  for (const text of texts) socket.write(text(host))
}

const paths = [
  "/../../../../etc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/..%5c..%5cwindows",
  "//evil.example/",
  "/api/threads/%00/stop",
  "/api/threads/__proto__",
  "/health/constructor",
  "/health/%ff%fe",
  "/%",
  "/api//threads",
  "/api/v10/gateway/../users/@me",
  `/api/v10/channels/${"9".repeat(10_000)}/messages`,
  `/${"a/".repeat(7000)}`,
  `/?${"a=1&".repeat(3500)}`,
  "http://evil.example/",
  "*"
]

const bodies = [
  "",
  "{",
  "nul",
  "\u0000",
  "[".repeat(60_000),
  `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"author":"a","content":"/ping"}`,
  `{"author":{"toString":1},"content":["x"]}`,
  `{"author":"a","content":"${"x".repeat(60_000)}"}`,
  `{"author":"\\ud800","content":"\\u0000\\u202e/scrape url:file:///etc/passwd"}`,
  `{${Array.from({ length: 5000 }, (_, n) => `"k${n}":${n}`).join()}}`,
  "1e400",
  `{"how":"oom"}`
]

const upgrade = (path: string, host: string): string =>
  get(
    path,
    host,
    `connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${
      randomBytes(16).toString("base64")
    }\r\n`
  )

/** A WebSocket frame of text, masked. */
const frame = (text: string, opcode = 0x81): Buffer => {
  const body = Buffer.from(text)
  const head = body.length < 126 ? Buffer.alloc(2) : body.length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10)
  head[0] = opcode
  if (head.length === 2) head[1] = 0x80 | body.length
  else if (head.length === 4) {
    head[1] = 0x80 | 126
    head.writeUInt16BE(body.length, 2)
  } else {
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(body.length), 2)
  }
  // A mask of zeros leaves the text as it is.
  return Buffer.concat([head, Buffer.alloc(4), body])
}

const speakGateway: Play = (socket, { host }) => {
  socket.resume()
  socket.write(upgrade("/?v=10&encoding=json", host))
  socket.once("data", () => {
    socket.write(frame(JSON.stringify({ op: 2, d: { token: "wrong", intents: 1, properties: {} } })))
    socket.write(frame(JSON.stringify({ op: 6, d: { token: "x".repeat(3000), session_id: "__proto__", seq: -1 } })))
    socket.write(frame("[".repeat(4000)))
    socket.write(frame(JSON.stringify({ op: 99, d: { __proto__: null } })))
    socket.write(frame("x".repeat(100_000)))
    socket.write(frame("ping", 0x89))
    socket.write(randomBytes(4096))
  })
}

/** All kinds, by name. */
export const attacks: ReadonlyArray<readonly [name: string, play: Play]> = [
  ["an idle connection", () => {}],
  ["slow headers", (socket, { host }) => trickle(socket, `GET / HTTP/1.1\r\nhost: ${host}\r\n`, "x-a: b\r\n")],
  [
    "a slow body",
    (socket, { host }) =>
      trickle(
        socket,
        `POST /api/chat HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n`,
        "{"
      )
  ],
  [
    "slow chunks",
    (socket, { host }) =>
      trickle(socket, `POST /api/v10/x HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n`, "1\r\nx\r\n")
  ],
  ["half open", (socket, { host }) => {
    socket.write(`GET /livez HTTP/1.1\r\nhost: ${host}\r\n`)
    socket.pause()
    socket.end()
  }],
  ["reset in the middle", (socket, { host }) => {
    socket.write(json("/api/chat", "{".repeat(1000), host).slice(0, 500), () => socket.resetAndDestroy())
  }],
  ["huge headers", (socket, { host }) => flood(socket, `GET / HTTP/1.1\r\nhost: ${host}\r\nx-a: `, "x".repeat(65_536))],
  ["many headers", (socket, { host }) => flood(socket, `GET / HTTP/1.1\r\nhost: ${host}\r\n`, "a: b\r\n".repeat(1000))],
  [
    "a huge body",
    (socket, { host }) =>
      flood(
        socket,
        `POST /api/chat HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 67108864\r\n\r\n`,
        "[".repeat(65_536)
      )
  ],
  [
    "a huge body for Discord",
    (socket, { host }) =>
      flood(
        socket,
        `POST /api/v10/interactions/1/a/callback HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n`,
        `10000\r\n${"x".repeat(65_536)}\r\n`
      )
  ],
  [
    "requests in a pipeline",
    (socket, { host }) => flood(socket, "", get("/metrics", host) + get("/readyz?verbose", host))
  ],
  ["answers that are not read", (socket, { host }) => {
    socket.pause()
    socket.write(get("/metrics", host).repeat(200))
  }],
  [
    "wrong methods",
    each(
      ["BREW", "TRACE", "CONNECT", "DELETE", "PRI", "PROPFIND", "OPTIONS", "HEAD", "PATCH"].map((method) => (host) =>
        `${method} /api/threads HTTP/1.1\r\nhost: ${host}\r\n\r\n`
      )
    )
  ],
  ["paths", each(paths.map((path) => (host) => get(path, host)))],
  ["bodies", each(bodies.map((body) => (host) => json("/api/chat", body, host)))],
  ["bodies for Discord", each(bodies.map((body) => (host) => json("/api/v10/interactions/1/a/callback", body, host)))],
  [
    "drills by a stranger",
    each(
      bodies.map((body) => (host) => json("/api/threads/bot/drill", body, host, "origin: http://evil.example\r\n"))
    )
  ],
  [
    "wrong content types",
    each(
      ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "\u0001", ""].map(
        (type) => (host) =>
          `POST /api/chat HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${type}\r\ncontent-length: 4\r\n\r\na=b&`
      )
    )
  ],
  [
    "two lengths",
    (socket, { host }) =>
      say(
        `POST /api/chat HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`
      )(socket, new URL("http://x"))
  ],
  ["no HTTP", (socket) => {
    socket.resume()
    socket.write(randomBytes(10_000))
  }],
  ["TLS", (socket) => {
    socket.resume()
    socket.write(Buffer.from("160301020001000001fc0303", "hex"))
  }],
  [
    "foreign hosts",
    each(["evil.example", "", "a".repeat(10_000), "127.0.0.1:99999"].map((name) => () => get("/api/threads", name)))
  ],
  [
    "wrong tokens",
    each(
      Array.from(
        { length: 20 },
        (_, n) => (host: string) => get("/api/threads", host, `authorization: Bearer ${n}\r\n`)
      )
    )
  ],
  ["event streams that are not read", (socket, { host }) => {
    socket.pause()
    socket.write(get("/api/events", host))
  }],
  ["event streams", (socket, { host }) => {
    socket.resume()
    socket.write(get("/api/events", host, "last-event-id: __proto__\r\n"))
  }],
  ["an upgrade where there is none", (socket, { host }) => {
    socket.resume()
    socket.write(upgrade("/api/events", host) + get("/livez", host))
  }],
  ["the gateway", speakGateway],
  ["a gateway that is not read", (socket, { host }) => {
    socket.pause()
    socket.write(upgrade("/?v=10&encoding=json&compress=zlib-stream", host))
  }]
]
