/** The gateway of the sandbox, frame by frame. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { call, connect, field } from "./wire.ts"

/** A sandbox and a client that is logged in. */
const loggedIn = Effect.fnUntraced(function*(options: Sandbox.Options = {}, zlib = false) {
  const sandbox = yield* Sandbox.make({ identifyEvery: 0, ...options })
  const client = yield* connect(sandbox, { zlib })
  yield* client.until(10)
  yield* client.identify()
  const ready = yield* client.until("READY")
  yield* client.until("GUILD_CREATE")
  return { sandbox, client, sessionId: field(ready, "session_id") }
})

const resume = (sandbox: Sandbox.Sandbox, session_id: string, seq: number) => ({
  token: sandbox.token,
  session_id,
  seq
})

describe("session", () => {
  it.live("A session begins with HELLO, IDENTIFY, READY with a local resume url, and GUILD_CREATE with the channel.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ heartbeatInterval: "41250 millis" })
      const client = yield* connect(sandbox)
      assert.deepStrictEqual((yield* client.next).d, { heartbeat_interval: 41250 })
      yield* client.identify({ token: `Bot ${sandbox.token}` })
      const ready = yield* client.next
      assert.strictEqual(ready.t, "READY")
      assert.strictEqual(ready.s, 1)
      assert.strictEqual(field(ready, "resume_gateway_url"), sandbox.url.replace("http", "ws"))
      const guild = yield* client.next
      assert.strictEqual(guild.t, "GUILD_CREATE")
      assert.include(JSON.stringify(guild.d), sandbox.channelId)
    }))

  it.live("Heartbeats are answered, muted on demand, and asked for by op 1.", () =>
    Effect.gen(function*() {
      const { client, sandbox } = yield* loggedIn()
      yield* client.send(1, 2)
      assert.strictEqual((yield* client.next).op, 11)
      yield* sandbox.controls.muteAcks(true)
      yield* client.send(1, 2)
      yield* Effect.timeout(sandbox.until(({ heartbeats }) => heartbeats === 2), "5 seconds")
      yield* sandbox.controls.requestHeartbeat
      assert.strictEqual((yield* client.next).op, 1)
    }))

  it.live("A client that stops beating is closed with 4009.", () =>
    Effect.gen(function*() {
      const { client } = yield* loggedIn({ heartbeatInterval: 500, heartbeatGrace: 500 })
      assert.strictEqual(yield* client.closed, 4009)
    }))

  it.live("A resumed session gets what it missed, then RESUMED.", () =>
    Effect.gen(function*() {
      const { client, sandbox, sessionId } = yield* loggedIn()
      yield* sandbox.controls.dropConnections
      assert.strictEqual(yield* client.closed, 1006)
      yield* sandbox.say("Ada", "one")
      yield* sandbox.say("Ada", "two")
      const again = yield* connect(sandbox)
      yield* again.until(10)
      yield* again.send(6, resume(sandbox, sessionId, 2))
      const first = yield* again.next
      assert.deepStrictEqual([first.t, first.s, field(first, "content")], ["MESSAGE_CREATE", 3, "one"])
      const second = yield* again.next
      assert.deepStrictEqual([second.t, second.s, field(second, "content")], ["MESSAGE_CREATE", 4, "two"])
      assert.strictEqual((yield* again.next).t, "RESUMED")
      const { identifies, resumes } = yield* sandbox.counters
      assert.deepStrictEqual([identifies, resumes], [1, 1])
    }))

  it.live("A close by the client with 1000 ends the session, with 4200 keeps it.", () =>
    Effect.gen(function*() {
      for (const [code, op, t] of [[1000, 9, null], [1001, 9, null], [4200, 0, "RESUMED"]] as const) {
        const { client, sandbox, sessionId } = yield* loggedIn()
        client.socket.close(code)
        yield* client.closed
        yield* Effect.timeout(sandbox.until(({ connections }) => connections === 0), "5 seconds")
        const again = yield* connect(sandbox)
        yield* again.until(10)
        yield* again.send(6, resume(sandbox, sessionId, 2))
        const answer = yield* again.next
        assert.deepStrictEqual([answer.op, answer.t], [op, t])
      }
    }))

  it.live("A session without a connection expires.", () =>
    Effect.gen(function*() {
      const { client, sandbox, sessionId } = yield* loggedIn({ sessionTimeToLive: 0 })
      yield* sandbox.controls.dropConnections
      yield* client.closed
      const again = yield* connect(sandbox)
      yield* again.until(10)
      yield* again.send(6, resume(sandbox, sessionId, 2))
      assert.strictEqual((yield* again.next).d, false)
    }))

  it.live("Op 7 and op 9 are sent on demand; after op 9 true the session still resumes.", () =>
    Effect.gen(function*() {
      const { client, sandbox, sessionId } = yield* loggedIn()
      yield* sandbox.controls.requestReconnect
      assert.strictEqual((yield* client.next).op, 7)
      yield* sandbox.controls.invalidateSessions({ resumable: true })
      const op9 = yield* client.next
      assert.deepStrictEqual([op9.op, op9.d], [9, true])
      yield* client.send(6, resume(sandbox, sessionId, 2))
      assert.strictEqual((yield* client.next).t, "RESUMED")
      yield* sandbox.controls.invalidateSessions({ resumable: false })
      assert.strictEqual((yield* client.next).d, false)
      yield* client.send(6, resume(sandbox, sessionId, 3))
      const refused = yield* client.next
      assert.deepStrictEqual([refused.op, refused.d], [9, false])
    }))

  it.live("A black-holed connection stays open and silent, and its session resumes elsewhere.", () =>
    Effect.gen(function*() {
      const { client, sandbox, sessionId } = yield* loggedIn()
      yield* sandbox.controls.blackHole
      yield* client.send(1, 2)
      const again = yield* connect(sandbox)
      yield* again.until(10)
      yield* again.send(6, resume(sandbox, sessionId, 2))
      assert.strictEqual((yield* again.next).t, "RESUMED")
      assert.strictEqual((yield* sandbox.counters).heartbeats, 0)
      assert.strictEqual(client.socket.readyState, client.socket.OPEN)
    }))

  it.live("Without MESSAGE_CONTENT only mentions of the bot have a text.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const client = yield* connect(sandbox)
      yield* client.until(10)
      yield* client.identify({ intents: 1 | 512 })
      yield* client.until("GUILD_CREATE")
      yield* sandbox.say("Ada", "secret")
      assert.strictEqual(field(yield* client.until("MESSAGE_CREATE"), "content"), "")
      yield* sandbox.say("Ada", `hi <@${sandbox.applicationId}>`)
      assert.include(field(yield* client.until("MESSAGE_CREATE"), "content"), "hi")
    }))
})

describe("zlib-stream", () => {
  it.live("zlib-stream is one zlib stream, each message flushed and built on those before.", () =>
    Effect.gen(function*() {
      const { client, sandbox } = yield* loggedIn({}, true)
      const text = "the same long text again ".repeat(40)
      yield* sandbox.say("Ada", text)
      assert.strictEqual(field(yield* client.until("MESSAGE_CREATE"), "content"), text.trim())
      const first = client.bytes.at(-1) ?? 0
      yield* sandbox.say("Ada", text)
      assert.strictEqual(field(yield* client.until("MESSAGE_CREATE"), "content"), text.trim())
      assert.isBelow(client.bytes.at(-1) ?? Infinity, first)
      for (let count = 0; count < 100; count++) yield* sandbox.say("Ada", `line ${count}`)
      for (let count = 0; count < 100; count++) {
        assert.strictEqual(field(yield* client.until("MESSAGE_CREATE"), "content"), `line ${count}`)
      }
    }))

  it.live("A close follows what was sent before it.", () =>
    Effect.gen(function*() {
      const { client, sandbox } = yield* loggedIn({}, true)
      yield* sandbox.say("Ada", "last words")
      yield* sandbox.controls.closeConnections(4000)
      assert.strictEqual(field(yield* client.until("MESSAGE_CREATE"), "content"), "last words")
      assert.strictEqual(yield* client.closed, 4000)
    }))
})

describe("close codes", () => {
  const hello = Effect.fnUntraced(function*(options: Sandbox.Options = {}) {
    const sandbox = yield* Sandbox.make({ identifyEvery: 0, ...options })
    const client = yield* connect(sandbox)
    yield* client.until(10)
    return { sandbox, client }
  })
  const identifyCases: ReadonlyArray<
    readonly [code: number, change: Record<string, unknown>, options?: Sandbox.Options]
  > = [
    [4004, { token: "wrong" }],
    [4010, { shard: [1, 1] }],
    [4013, { intents: -1 }],
    [4014, { intents: 1 << 15 }, { disallowedIntents: 1 << 15 }]
  ]
  for (const [code, change, options] of identifyCases) {
    it.live(`IDENTIFY with ${JSON.stringify(change)} is closed with ${code}.`, () =>
      Effect.gen(function*() {
        const { client, sandbox } = yield* hello(options)
        yield* client.identify(change)
        assert.strictEqual(yield* client.closed, code)
        assert.strictEqual((yield* sandbox.counters).identifies, 0)
      }))
  }

  const textCases = [
    [4001, `{"op":99,"d":null}`],
    [4002, `not json`],
    [4002, `{"d":1}`],
    [4002, `{"op":2,"d":{}}`],
    [4002, JSON.stringify({ op: 1, d: "x".repeat(4096) })],
    [4003, `{"op":3,"d":{}}`]
  ] as const
  for (const [code, text] of textCases) {
    it.live(`The frame ${text.slice(0, 30)} is closed with ${code}.`, () =>
      Effect.gen(function*() {
        const { client } = yield* hello()
        yield* client.sendText(text)
        assert.strictEqual(yield* client.closed, code)
      }))
  }

  it.live("A second IDENTIFY is closed with 4005.", () =>
    Effect.gen(function*() {
      const { client } = yield* loggedIn()
      yield* client.identify()
      assert.strictEqual(yield* client.closed, 4005)
    }))

  it.live("A sequence from the future is closed with 4007.", () =>
    Effect.gen(function*() {
      const { sandbox, sessionId } = yield* loggedIn()
      const again = yield* connect(sandbox)
      yield* again.until(10)
      yield* again.send(6, resume(sandbox, sessionId, 99))
      assert.strictEqual(yield* again.closed, 4007)
    }))

  it.live("Another version is closed with 4012.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const client = yield* connect(sandbox, { query: "v=8&encoding=json" })
      assert.strictEqual(yield* client.closed, 4012)
    }))
})

describe("limits", () => {
  it.live("The 121st payload in a minute is closed with 4008, and the session resumes.", () =>
    Effect.gen(function*() {
      const { client, sandbox, sessionId } = yield* loggedIn()
      for (let count = 0; count < 119; count++) yield* client.send(1, 2)
      for (let count = 0; count < 119; count++) assert.strictEqual((yield* client.next).op, 11)
      yield* client.send(1, 2)
      assert.strictEqual(yield* client.closed, 4008)
      const again = yield* connect(sandbox)
      yield* again.until(10)
      yield* again.send(6, resume(sandbox, sessionId, 2))
      assert.strictEqual((yield* again.next).t, "RESUMED")
    }))

  it.live("A second IDENTIFY too soon gets op 9, and goes through a little later.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* loggedIn({ identifyEvery: "1 second" })
      const second = yield* connect(sandbox)
      yield* second.until(10)
      const identify = Effect.andThen(second.identify(), second.next)
      const refused = yield* identify
      assert.deepStrictEqual([refused.op, refused.d], [9, false])
      const taken = yield* Effect.repeat(Effect.delay(identify, 50), { until: ({ op }) => op !== 9 })
      assert.strictEqual(taken.t, "READY")
    }))

  it.live("Logins are counted down, and one too many voids the token.", () =>
    Effect.gen(function*() {
      const { client, sandbox } = yield* loggedIn({ identifyLimit: 1 })
      const info = yield* call(sandbox, "GET", "/gateway/bot")
      assert.strictEqual(info.body.session_start_limit.remaining, 0)
      const second = yield* connect(sandbox)
      yield* second.until(10)
      yield* second.identify()
      assert.strictEqual(yield* second.closed, 4004)
      assert.strictEqual(yield* client.closed, 4004)
      assert.strictEqual((yield* call(sandbox, "GET", "/users/@me")).status, 401)
    }))

  it.live("Connections are refused on demand.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      yield* sandbox.controls.refuseConnections(true)
      const refused = yield* connect(sandbox)
      assert.strictEqual(yield* refused.closed, 1006)
      yield* sandbox.controls.refuseConnections(false)
      const taken = yield* connect(sandbox)
      assert.strictEqual((yield* taken.next).op, 10)
      const { connects, refusedConnects } = yield* sandbox.counters
      assert.deepStrictEqual([connects, refusedConnects], [1, 1])
    }))
})
