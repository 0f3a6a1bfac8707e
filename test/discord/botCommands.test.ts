import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { clip, fromText } from "../../services/discord/commands.ts"
import { decode } from "../../services/discord/events.ts"
import { type GatewayView, unwell } from "../../services/discord/gatewayHealth.ts"

describe("commands.fromText", () => {
  it("reads a command and its argument", () => {
    assert.deepStrictEqual(fromText("/health"), { name: "health", argument: "" })
    assert.deepStrictEqual(fromText(" !Scrape   https://example.com \n"), {
      name: "scrape",
      argument: "https://example.com"
    })
  })

  it("leaves alone what is no command, and what may be another bot's", () => {
    for (const text of ["", "hello", "what is /health?", "/ health", "//", "!", "!play a song", "/etc/passwd"]) {
      assert.isNull(fromText(text), text)
    }
    assert.deepStrictEqual(fromText("/unknown"), { name: "unknown", argument: "" })
  })
})

describe("commands.clip", () => {
  it("cuts to the length, the ellipsis included", () => {
    assert.strictEqual(clip("abc", 3), "abc")
    assert.strictEqual(clip("abcd", 3), "ab…")
  })
})

describe("events.decode", () => {
  const message = (author: object) => ({
    type: "MESSAGE_CREATE",
    sequence: 1,
    data: { id: "1", channel_id: "2", content: "/ping", author }
  })

  it("hears people, not bots, and nothing malformed", () => {
    assert.isTrue(Option.isSome(decode(message({ username: "ada" }))))
    assert.isTrue(Option.isNone(decode(message({ username: "another", bot: true }))))
    assert.isTrue(Option.isNone(decode(message({}))))
    assert.isTrue(Option.isNone(decode({ type: "TYPING_START", sequence: 1, data: {} })))
    assert.isTrue(Option.isNone(decode({ type: "INTERACTION_CREATE", sequence: 1, data: { id: "1", type: 3 } })))
  })
})

describe("gatewayHealth.unwell", () => {
  const view: GatewayView = {
    state: "ready",
    downSinceMillis: null,
    lastAckMillis: null,
    aliveAtMillis: 0,
    latencyMillis: null,
    heartbeatMillis: 40_000,
    reconnects: 0,
    resumes: 0,
    identifiesLeft: 1000
  }

  it("allows a silence of 1.5 heartbeat intervals, and a second after a beat", () => {
    assert.isNull(unwell(view, 60_000))
    assert.include(unwell(view, 60_001) ?? "", "has not answered a heartbeat for 60.0 s")
    assert.isNull(unwell({ ...view, heartbeatMillis: 1000 }, 2000))
    assert.isNotNull(unwell({ ...view, heartbeatMillis: 1000 }, 2001))
  })

  it("gives the library 30 seconds to get a session back", () => {
    const down: GatewayView = { ...view, state: "disconnected", downSinceMillis: 100_000 }
    assert.isNull(unwell(down, 130_000))
    assert.include(unwell(down, 130_001) ?? "", "without a session")
    assert.isNotNull(unwell({ ...down, state: "resuming", aliveAtMillis: 130_000 }, 130_001))
  })
})
