/** The REST side of the sandbox: messages, limits, commands and interactions. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createConnection } from "node:net"
import type { ChatMessage } from "../../services/discord/DiscordSandbox.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { call, connect, field } from "./wire.ts"

/** The transcript up to the line that the predicate names. */
const transcriptUntil = (sandbox: Sandbox.Sandbox, isLast: (line: ChatMessage) => boolean) =>
  sandbox.transcript.pipe(Stream.takeUntil(isLast), Stream.runCollect, Effect.timeout("5 seconds"))

/** Sends bytes and takes what comes back first; the connection stays open until the sandbox ends it. */
const rawClient = (sandbox: Sandbox.Sandbox) => (text: string) =>
  Effect.callback<string>((resume) => {
    const socket = createConnection(Number(new URL(sandbox.url).port), "127.0.0.1", () => socket.write(text))
    socket.once("data", (data: Buffer) => resume(Effect.succeed(data.toString())))
    socket.on("error", () => {})
  }).pipe(Effect.timeout("5 seconds"))

const upgrade = (path: string) =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "",
    ""
  ].join("\r\n")

/** A sandbox with a bot that is logged in and has these commands. */
const withCommands = Effect.fnUntraced(function*(commands: ReadonlyArray<unknown>, options: Sandbox.Options = {}) {
  const sandbox = yield* Sandbox.make(options)
  const put = yield* call(sandbox, "PUT", `/applications/${sandbox.applicationId}/commands`, commands)
  assert.strictEqual(put.status, 200)
  const bot = yield* connect(sandbox)
  yield* bot.until(10)
  yield* bot.identify()
  yield* bot.until("GUILD_CREATE")
  return { sandbox, bot }
})

/** Gives a command and returns the paths of its answer. */
const give = Effect.fnUntraced(function*(
  { bot, sandbox }: Effect.Success<ReturnType<typeof withCommands>>,
  text: string
) {
  yield* sandbox.say("Ada", text)
  const interaction = yield* bot.until("INTERACTION_CREATE")
  const token = field(interaction, "token")
  return {
    interaction,
    callback: `/interactions/${field(interaction, "id")}/${token}/callback`,
    webhook: `/webhooks/${sandbox.applicationId}/${token}`
  }
})

const health = { name: "health", description: "How the bot is" }

describe("messages", () => {
  it.live("Messages are posted, read, listed, edited and deleted.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const path = `/channels/${sandbox.channelId}/messages`
      const person = yield* sandbox.say("Ada", "hello")
      const { body: posted, status } = yield* call(sandbox, "POST", path, {
        content: "hi",
        message_reference: { message_id: person.id }
      })
      assert.strictEqual(status, 200)
      assert.strictEqual(posted.referenced_message.content, "hello")
      const edited = yield* call(sandbox, "PATCH", `${path}/${posted.id}`, { content: "hi there" })
      assert.strictEqual(edited.body.content, "hi there")
      assert.strictEqual((yield* call(sandbox, "GET", `${path}/${posted.id}`)).body.content, "hi there")
      const listed = yield* call(sandbox, "GET", `${path}?limit=10`)
      assert.deepStrictEqual(listed.body.map((message: { content: string }) => message.content), ["hi there", "hello"])
      const before = yield* call(sandbox, "GET", `${path}?before=${posted.id}`)
      assert.strictEqual(before.body.length, 1)
      assert.strictEqual((yield* call(sandbox, "PATCH", `${path}/${person.id}`, { content: "x" })).status, 403)
      assert.strictEqual((yield* call(sandbox, "DELETE", `${path}/${posted.id}`)).status, 204)
      assert.strictEqual((yield* call(sandbox, "GET", `${path}/${posted.id}`)).body.code, 10008)
      const lines = yield* transcriptUntil(sandbox, ({ content }) => content === "(deleted)")
      assert.deepStrictEqual(lines.map(({ author, content }) => [author, content]), [
        ["Ada", "hello"],
        ["sandbox", "No bot is here to hear that. Say it again when one is."],
        ["heddle", "hi"],
        ["heddle", "hi there"],
        ["heddle", "(deleted)"]
      ])
      assert.deepStrictEqual(lines.map(({ answers }) => answers), [null, ...Array(4).fill(person.id)])
    }))

  it.live("Messages with an enforced nonce are made once, however often they are sent.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const path = `/channels/${sandbox.channelId}/messages`
      const body = { content: "hi", nonce: "1", enforce_nonce: true }
      const first = yield* call(sandbox, "POST", path, body)
      const second = yield* call(sandbox, "POST", path, { ...body, content: "other" })
      assert.deepStrictEqual([second.status, second.body.id, second.body.content], [200, first.body.id, "hi"])
      const third = yield* call(sandbox, "POST", path, { ...body, enforce_nonce: false })
      assert.notStrictEqual(third.body.id, first.body.id)
    }))

  it.live("Messages of the wrong shape, place or sender are refused in Discord's words.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const path = `/channels/${sandbox.channelId}/messages`
      const cases: ReadonlyArray<
        readonly [status: number, code: number, method: string, path: string, body?: unknown]
      > = [
        [400, 50006, "POST", path, { content: " " }],
        [400, 50035, "POST", path, { content: "x".repeat(2001) }],
        [400, 50109, "POST", path, "no json"],
        [404, 10003, "POST", "/channels/1/messages", { content: "x" }],
        [404, 0, "GET", "/nowhere"],
        [404, 10004, "GET", "/guilds/1"],
        [403, 50001, "GET", "/applications/1/commands"],
        [404, 10062, "POST", "/interactions/1/x/callback", { type: 4 }],
        [401, 50027, "POST", `/webhooks/${sandbox.applicationId}/x`, { content: "x" }]
      ]
      for (const [status, code, method, path, body] of cases) {
        const answer = yield* call(sandbox, method, path, body)
        assert.deepStrictEqual([answer.status, answer.body.code], [status, code], `${method} ${path}`)
      }
      const stranger = yield* call(sandbox, "GET", "/users/@me", undefined, "wrong")
      assert.strictEqual(stranger.status, 401)
      assert.strictEqual((yield* sandbox.counters).unauthorized, 2)
    }))

  it.live("Paths that are no URL are refused, not fatal.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const client = rawClient(sandbox)
      assert.include(yield* client("GET // HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), "404 Not Found")
      assert.include(yield* client("GET /%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), "404 Not Found")
    }))

  it.live("The bot, its application, channel and guild can be asked for.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const { applicationId, channelId, guildId } = sandbox
      const paths = {
        "/users/@me": applicationId,
        "/applications/@me": applicationId,
        "/oauth2/applications/@me": applicationId,
        [`/channels/${channelId}`]: channelId,
        [`/guilds/${guildId}`]: guildId
      }
      for (const [path, id] of Object.entries(paths)) {
        assert.strictEqual((yield* call(sandbox, "GET", path)).body.id, id, path)
      }
      assert.strictEqual((yield* call(sandbox, "GET", "/gateway")).body.url, sandbox.url.replace("http", "ws"))
    }))
})

/** Asks for all of them on one connection, in one piece; the answers with their heads. */
const pipelined = (sandbox: Sandbox.Sandbox, paths: ReadonlyArray<string>) =>
  Effect.callback<ReadonlyArray<string>>((resume) => {
    const socket = createConnection(Number(new URL(sandbox.url).port), "127.0.0.1")
    let said = ""
    socket.setEncoding("utf8").on("data", (piece: string) => void (said += piece))
    socket.on("close", () => resume(Effect.succeed(said.split(/(?=HTTP\/1\.1 \d{3} )/))))
    const head = `host: localhost\r\nauthorization: Bot ${sandbox.token}\r\n`
    socket.write(
      paths.map((path, n) =>
        `GET /api/v10/${path} HTTP/1.1\r\n${head}${n === paths.length - 1 ? "connection: close\r\n" : ""}\r\n`
      ).join("")
    )
    return Effect.sync(() => void socket.destroy())
  })

describe("rate limits", () => {
  it.live("Five messages in five seconds are taken, then 429 comes with the time to wait.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const post = call(sandbox, "POST", `/channels/${sandbox.channelId}/messages`, { content: "x" })
      for (const remaining of ["4", "3", "2", "1", "0"]) {
        const { headers, status } = yield* post
        assert.strictEqual(status, 200)
        assert.strictEqual(headers.get("x-ratelimit-limit"), "5")
        assert.strictEqual(headers.get("x-ratelimit-remaining"), remaining)
      }
      const { body, headers, status } = yield* post
      assert.strictEqual(status, 429)
      assert.strictEqual(headers.get("x-ratelimit-scope"), "user")
      assert.isTrue(body.retry_after > 0 && body.retry_after <= 5)
      assert.strictEqual(headers.get("retry-after"), `${Math.ceil(body.retry_after)}`)
      assert.isFalse(body.global)
      assert.isString(headers.get("x-ratelimit-bucket"))
      assert.strictEqual((yield* sandbox.counters).rateLimited, 1)
    }))

  it.live("Fifty requests a second are taken in all; interactions are exempt.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const paths = ["users/@me", `channels/${sandbox.channelId}`, `guilds/${sandbox.guildId}`]
      // All in one piece, so that a slow machine has them within a second as well.
      const answers = yield* pipelined(sandbox, Array.from({ length: 160 }, (_, n) => paths[n % paths.length] ?? ""))
      const refused = answers.filter((answer) => answer.startsWith("HTTP/1.1 429 "))
      assert.isAtLeast(refused.length, 1)
      for (const answer of refused) {
        assert.include(answer, "\"global\":true")
        assert.match(answer, /^x-ratelimit-global: true\r$/im)
      }
      const exempt = yield* call(sandbox, "POST", "/interactions/1/x/callback", { type: 4 })
      assert.strictEqual(exempt.status, 404)
    }))

  it.live("Refusals and delays come on demand.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      yield* sandbox.controls.rateLimitNext(2, "250 millis")
      const me = call(sandbox, "GET", "/users/@me")
      const first = yield* me
      assert.deepStrictEqual([first.status, first.body.retry_after], [429, 0.25])
      assert.strictEqual((yield* me).status, 429)
      assert.strictEqual((yield* me).status, 200)
      yield* sandbox.controls.holdRest("200 millis")
      const [took] = yield* Effect.timed(me)
      assert.isAtLeast(Duration.toMillis(took), 190)
    }))

  it.live("Outages come on demand: unavailable, unreachable, and unheard, where what was asked is done.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const post = (content: string) => call(sandbox, "POST", `/channels/${sandbox.channelId}/messages`, { content })
      yield* sandbox.controls.restOutage("unavailable")
      assert.strictEqual((yield* post("one")).status, 503)
      yield* sandbox.controls.restOutage("unreachable")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(post("two"))))
      yield* sandbox.controls.restOutage("unheard")
      assert.strictEqual((yield* post("three")).status, 504)
      yield* sandbox.controls.restOutage(null)
      assert.strictEqual((yield* post("four")).status, 200)
      const lines = yield* transcriptUntil(sandbox, ({ content }) => content === "four")
      assert.deepStrictEqual(lines.map(({ content }) => content), ["three", "four"])
    }))
})

describe("slash commands", () => {
  it.live("Slash commands are registered, kept by name, listed and deleted.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* withCommands([health])
      const path = `/applications/${sandbox.applicationId}/commands`
      const [registered] = (yield* call(sandbox, "GET", path)).body
      const again = yield* call(sandbox, "POST", path, { ...health, description: "Changed" })
      assert.deepStrictEqual([again.status, again.body.id], [200, registered.id])
      const other = yield* call(sandbox, "POST", path, { name: "other", description: "Other" })
      assert.strictEqual(other.status, 201)
      assert.strictEqual((yield* call(sandbox, "DELETE", `${path}/${other.body.id}`)).status, 204)
      assert.strictEqual((yield* call(sandbox, "GET", path)).body.length, 1)
      assert.strictEqual((yield* call(sandbox, "POST", path, { name: "No Spaces", description: "x" })).body.code, 50035)
    }))

  it.live("A command that nobody registered is answered with those that exist.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* withCommands([health, { name: "scrape", description: "Fetch" }])
      const said = yield* sandbox.say("Ada", "/nothing")
      assert.deepStrictEqual([said.author, said.content], ["Ada", "/nothing"])
      const lines = yield* transcriptUntil(sandbox, ({ author }) => author === "sandbox")
      assert.strictEqual(lines.at(-1)?.content, "There is no command /nothing. There are: /health, /scrape.")
    }))

  it.live("Slash commands are answered with a message, an edit and a follow-up.", () =>
    Effect.gen(function*() {
      const system = yield* withCommands([health])
      const { callback, webhook } = yield* give(system, "/health")
      const { sandbox } = system
      const answer = yield* call(sandbox, "POST", `${callback}?with_response=true`, {
        type: 4,
        data: { content: "well" }
      })
      assert.deepStrictEqual([answer.status, answer.body.resource.message.content], [200, "well"])
      assert.strictEqual((yield* call(sandbox, "POST", callback, { type: 4, data: { content: "x" } })).body.code, 40060)
      yield* call(sandbox, "PATCH", `${webhook}/messages/@original`, { content: "very well" })
      yield* call(sandbox, "POST", webhook, { content: "and you?" })
      assert.strictEqual((yield* call(sandbox, "GET", `${webhook}/messages/@original`)).body.content, "very well")
      const lines = yield* transcriptUntil(sandbox, ({ content }) => content === "and you?")
      assert.deepStrictEqual(lines.map(({ content }) => content), ["/health", "well", "very well", "and you?"])
    }))

  it.live("A deferred answer is filled in later, past the deadline.", () =>
    Effect.gen(function*() {
      const system = yield* withCommands([health], { interactionDeadline: 500 })
      const { callback, webhook } = yield* give(system, "/health")
      const { sandbox } = system
      assert.strictEqual((yield* call(sandbox, "POST", callback, { type: 5 })).status, 204)
      // The deadline of one that is given later and not answered: past it, the first one's is too.
      const later = yield* sandbox.say("Ada", "/health")
      yield* transcriptUntil(sandbox, ({ answers, author }) => author === "sandbox" && answers === later.id)
      yield* call(sandbox, "PATCH", `${webhook}/messages/@original`, { content: "done" })
      const lines = yield* transcriptUntil(sandbox, ({ content }) => content === "done")
      assert.lengthOf(lines.filter(({ author }) => author === "sandbox"), 1)
    }))

  it.live("An unanswered command dies after the deadline, and the person reads so.", () =>
    Effect.gen(function*() {
      const system = yield* withCommands([health], { interactionDeadline: 50 })
      const { callback, webhook } = yield* give(system, "/health")
      const { sandbox } = system
      const lines = yield* transcriptUntil(sandbox, ({ author }) => author === "sandbox")
      assert.include(lines.at(-1)?.content, "The application did not respond")
      assert.strictEqual(
        (yield* call(sandbox, "POST", callback, { type: 4, data: { content: "late" } })).body.code,
        10062
      )
      assert.strictEqual((yield* call(sandbox, "POST", webhook, { content: "late" })).body.code, 10015)
    }))

  it.live("A token ends with its time.", () =>
    Effect.gen(function*() {
      const system = yield* withCommands([health], { interactionDeadline: 500, interactionTimeToLive: 700 })
      const { callback, webhook } = yield* give(system, "/health")
      assert.strictEqual((yield* call(system.sandbox, "POST", callback, { type: 5 })).status, 204)
      yield* transcriptUntil(system.sandbox, ({ author }) => author === "sandbox")
      assert.strictEqual((yield* call(system.sandbox, "POST", webhook, { content: "late" })).body.code, 50027)
    }))
})

describe("options of a command", () => {
  const scrape = {
    name: "scrape",
    description: "Fetch",
    options: [
      { type: 4, name: "depth", description: "How deep", required: true },
      { type: 3, name: "url", description: "What", required: true }
    ]
  }
  const task = {
    name: "task",
    description: "Tasks",
    options: [{
      type: 1,
      name: "add",
      description: "Add",
      options: [{ type: 3, name: "size", description: "Size", choices: [{ name: "Big", value: "b" }] }]
    }]
  }
  const sent = [
    ["/scrape 2 https://a.example/x y", [{ name: "depth", type: 4, value: 2 }, {
      name: "url",
      type: 3,
      value: "https://a.example/x y"
    }]],
    ["/scrape url:https://a.example depth:2", [{ name: "url", type: 3, value: "https://a.example" }, {
      name: "depth",
      type: 4,
      value: 2
    }]],
    ["/task add Big", [{ name: "add", type: 1, options: [{ name: "size", type: 3, value: "b" }] }]]
  ] as const
  for (const [text, options] of sent) {
    it.live(`The options of ${text} are understood.`, () =>
      Effect.gen(function*() {
        const system = yield* withCommands([scrape, task])
        const { interaction } = yield* give(system, text)
        const data = typeof interaction.d === "object" && interaction.d !== null ? interaction.d["data"] : undefined
        assert.deepInclude(data, { options })
      }))
  }

  const refused = [
    ["/scrape", "/scrape needs depth, url."],
    ["/scrape deep https://a.example", `/scrape cannot take "deep" as depth: a whole number.`],
    ["/task drop", "/task needs one of: add."],
    ["/task add Huge", `/task add cannot take "Huge" as size: one of Big.`],
    ["/task add Big more", `/task add cannot take "Big more" as size: one of Big.`]
  ] as const
  for (const [text, answer] of refused) {
    it.live(`The options of ${text} are refused.`, () =>
      Effect.gen(function*() {
        const { sandbox } = yield* withCommands([scrape, task])
        yield* sandbox.say("Ada", text)
        const lines = yield* transcriptUntil(sandbox, ({ author }) => author === "sandbox")
        assert.strictEqual(lines.at(-1)?.content, answer)
      }))
  }
})

describe("life", () => {
  it.live("Closing the scope ends sockets, black holes and held requests at once, and frees the port.", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const sandbox = yield* Scope.provide(Sandbox.make(), scope)
      const client = yield* connect(sandbox)
      const lost = yield* connect(sandbox)
      yield* client.until(10)
      yield* lost.until(10)
      yield* sandbox.controls.blackHole
      // Neither of these will ever hang up by itself.
      const raw = rawClient(sandbox)
      assert.include(yield* raw(upgrade("/?v=8")), "101")
      yield* sandbox.controls.refuseConnections(true)
      assert.include(yield* raw(upgrade("/")), "503")
      yield* sandbox.controls.holdRest("1 minute")
      const held = yield* Effect.forkScoped(Effect.exit(call(sandbox, "GET", "/users/@me")))
      yield* Effect.timeout(sandbox.until(({ restRequests }) => restRequests === 1), "5 seconds")
      const before = performance.now()
      yield* Scope.close(scope, Exit.void)
      // Each of these alone would hold it for 30 seconds and more.
      assert.isBelow(performance.now() - before, 15_000)
      yield* lost.closed
      assert.strictEqual(yield* client.closed, 1006)
      held.interruptUnsafe()
      const port = Number(new URL(sandbox.url).port)
      assert.strictEqual((yield* Sandbox.make({ port })).url, sandbox.url)
    }))

  it.live("A port in use is a clear error.", () =>
    Effect.gen(function*() {
      const first = yield* Sandbox.make()
      const port = Number(new URL(first.url).port)
      const error = yield* Effect.flip(Sandbox.make({ port }))
      assert.instanceOf(error, Sandbox.SandboxError)
      assert.include(error.message, `127.0.0.1:${port}`)
      assert.include(error.message, "SANDBOX_PORT")
    }))

  it.live("The transcript begins with the last 100 lines.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* withCommands([])
      for (let count = 0; count < 150; count++) yield* sandbox.say("Ada", String(count))
      const lines = yield* transcriptUntil(sandbox, ({ content }) => content === "149")
      assert.deepStrictEqual([lines.length, lines[0]?.content], [100, "50"])
    }))
})
