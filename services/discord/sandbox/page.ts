/** The sandbox's own page: people write, press and react there. Served to browsers on this machine, and to no other page. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Assets } from "heddle"
import { pageParts } from "heddle/Dashboard"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Actions, Who } from "./actions.ts"
import { maxFileBytes, safeName } from "./files.ts"
import { parseJson } from "./frames.ts"
import { readBytes, write } from "./http.ts"
import * as replies from "./replies.ts"
import type { Transcript } from "./transcript.ts"
import * as visitors from "./visitors.ts"

const html = "text/html; charset=utf-8"
const css = "text/css; charset=utf-8"
const javascript = "text/javascript; charset=utf-8"

const files: Readonly<Record<string, { readonly type: string; readonly from: Effect.Effect<Uint8Array> }>> = {
  "/": { type: html, from: Assets.read(import.meta.url, "./page/index.html") },
  "/page/palette.css": { type: css, from: pageParts["/palette.css"] },
  "/page/page.css": { type: css, from: Assets.read(import.meta.url, "./page/page.css") },
  "/page/message.css": { type: css, from: Assets.read(import.meta.url, "./page/message.css") },
  "/page/page.js": { type: javascript, from: Assets.read(import.meta.url, "./page/page.js") },
  "/page/write.js": { type: javascript, from: Assets.read(import.meta.url, "./page/write.js") },
  "/page/server.js": { type: javascript, from: Assets.read(import.meta.url, "./page/server.js") },
  "/page/form.js": { type: javascript, from: Assets.read(import.meta.url, "./page/form.js") },
  "/page/message.js": { type: javascript, from: Assets.read(import.meta.url, "./page/message.js") },
  "/page/markdown.js": { type: javascript, from: Assets.read(import.meta.url, "./page/markdown.js") },
  "/page/scroll.js": { type: javascript, from: pageParts["/scroll.js"] },
  "/page/words.js": { type: javascript, from: pageParts["/words.js"] },
  "/page/preact.js": { type: javascript, from: pageParts["/preact.js"] },
  "/favicon.ico": { type: "image/svg+xml", from: Assets.read(import.meta.url, "./page/favicon.svg") }
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; " +
  "img-src 'self' https: data:; base-uri 'none'; frame-ancestors 'none'"
const headers = { "content-security-policy": policy, "cache-control": "no-cache", "x-content-type-options": "nosniff" }

const absent = Schema.optionalKey
const who = { author: Schema.String, channelId: absent(Schema.String), locale: absent(Schema.String) }

/** What a person asks for. */
const Order = Schema.Union([
  Schema.TaggedStruct("Look", who),
  Schema.TaggedStruct("Say", {
    ...who,
    content: Schema.String,
    replyTo: absent(Schema.String),
    files: absent(Schema.Array(Schema.String).check(Schema.isMaxLength(10)))
  }),
  Schema.TaggedStruct("Type", who),
  Schema.TaggedStruct("Propose", { ...who, line: Schema.String.check(Schema.isMaxLength(2000)) }),
  Schema.TaggedStruct("Choose", { ...who, name: Schema.String, targetId: Schema.String }),
  Schema.TaggedStruct("Press", {
    ...who,
    messageId: Schema.String,
    customId: Schema.String,
    values: absent(Schema.Array(Schema.String))
  }),
  Schema.TaggedStruct("React", { ...who, messageId: Schema.String, emoji: Schema.String }),
  Schema.TaggedStruct("Submit", {
    ...who,
    formId: Schema.String,
    values: Schema.Record(Schema.String, Schema.Array(Schema.String))
  })
])
type Order = typeof Order.Type
const decodeOrder = Schema.decodeUnknownOption(Order)

/** Whether a request is for the page. */
export const isFor = (path: string): boolean =>
  Object.hasOwn(files, path) || path === "/page/events" || path === "/page/do" || path === "/page/file"

export interface Parts {
  readonly actions: Actions
  readonly transcript: Transcript
}

/** Answers a request for the page. */
export const serve = (
  parts: Parts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse
): Effect.Effect<void> => {
  const file = Object.hasOwn(files, path) ? files[path] : undefined
  const refused = file === undefined ? visitors.notOwnPage(request) : visitors.foreignName(request)
  if (refused !== undefined) return Effect.sync(() => write(response, refused))
  if (file !== undefined) return sendFile(file, request, response)
  if (path === "/page/events") return follow(parts, request, response)
  const answer = path === "/page/file" ? receive(parts, request) : obey(parts, request)
  return Effect.flatMap(answer, (reply) => Effect.sync(() => write(response, reply)))
}

const sendFile = (
  { from, type }: { readonly type: string; readonly from: Effect.Effect<Uint8Array> },
  { method }: IncomingMessage,
  response: ServerResponse
): Effect.Effect<void> =>
  method !== "GET" && method !== "HEAD"
    ? Effect.sync(() => write(response, replies.noRoute))
    : Effect.map(
      from,
      (bytes) => write(response, { status: 200, bytes, headers: { ...headers, "content-type": type } })
    )

/** Sends what happens, as it happens, until the browser leaves: the last lines first. */
const follow = ({ transcript }: Parts, request: IncomingMessage, response: ServerResponse): Effect.Effect<void> =>
  Effect.suspend(() => {
    response.writeHead(200, { ...headers, "content-type": "text/event-stream" })
    // A browser takes the stream for open when it has the head, and there may be nothing to say for long.
    response.flushHeaders()
    const left = Effect.callback<void>((resume) => {
      request.once("close", () => resume(Effect.void))
      response.once("close", () => resume(Effect.void))
    })
    const lines = Stream.map(transcript.stream, (line) => ({ _tag: "Line", line }))
    return Stream.merge(lines, transcript.signals).pipe(
      Stream.runForEach((news) => send(response, `data: ${JSON.stringify(news)}\n\n`)),
      Effect.raceFirst(left)
    )
  })

/** Writes, and waits for a reader who is behind: the transcript drops what is too old for them. */
const send = (response: ServerResponse, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (response.write(text)) return resume(Effect.void)
    const drained = (): void => resume(Effect.void)
    response.once("drain", drained)
    return Effect.sync(() => response.off("drain", drained))
  })

const maxOrderBytes = 1 << 16

const obey = Effect.fnUntraced(function*({ actions }: Parts, request: IncomingMessage) {
  if (request.method !== "POST") return replies.noRoute
  const bytes = yield* readBytes(request, maxOrderBytes)
  const order = bytes.pipe(Option.flatMap((bytes) => parseJson(bytes.toString())), Option.flatMap(decodeOrder))
  if (Option.isNone(order)) return replies.badJson
  return yield* carryOut(actions, order.value).pipe(
    Effect.map((result) => replies.ok(result ?? {})),
    Effect.catch(({ detail }) => Effect.succeed({ status: 409, body: { message: detail } }))
  )
})

/** Takes a file, whose name is in the query; the answer has its id. */
const receive = Effect.fnUntraced(function*({ actions }: Parts, request: IncomingMessage) {
  if (request.method !== "POST") return replies.noRoute
  const bytes = yield* readBytes(request, maxFileBytes)
  if (Option.isNone(bytes)) return replies.tooLarge
  const name = URL.parse(request.url ?? "", "http://localhost")?.searchParams.get("name") ?? ""
  const type = request.headers["content-type"] ?? "application/octet-stream"
  const [file] = actions.upload({ index: "0", name: safeName(name), type, bytes: bytes.value })
  return replies.ok({ id: file?.id })
})

const carryOut = (actions: Actions, order: Order) => {
  const by: Who = order
  switch (order._tag) {
    case "Look":
      return Effect.sync(() => actions.look(by))
    case "Say":
      return Effect.sync(() => actions.say(by, order.content, order.replyTo, order.files))
    case "Type":
      return Effect.sync(() => actions.type(by))
    case "Propose":
      return actions.propose(by, order.line)
    case "Choose":
      return actions.choose(by, order.name, order.targetId)
    case "Press":
      return actions.press(by, order.messageId, order.customId, order.values)
    case "React":
      return actions.react(by, order.messageId, order.emoji)
    case "Submit":
      return actions.submit(by, order.formId, order.values)
  }
}
