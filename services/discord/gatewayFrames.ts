/**
 * Which frames of the gateway are what they say they are. The library takes each for granted: one that lacks a part would be
 * an error that nobody handles, and the end of the bot's thread.
 */
import * as Schema from "effect/Schema"

const Op = { dispatch: 0, invalidSession: 9, hello: 10 } as const

/** More than 120 frames a minute are too many for Discord itself; and no timer waits for longer than the other. */
const heartbeats = { minimum: 100, maximum: 2 ** 31 - 1 }

const isSocketUrl = (text: string): boolean => /^wss?:$/.test(URL.parse(text)?.protocol ?? "")

const READY = "READY"

const isFrame = Schema.is(Schema.Union([
  Schema.Struct({
    op: Schema.Literal(Op.dispatch),
    t: Schema.Literal(READY),
    s: Schema.Finite,
    d: Schema.Struct({
      session_id: Schema.String,
      resume_gateway_url: Schema.String.check(Schema.makeFilter(isSocketUrl)),
      user: Schema.Struct({ username: Schema.String }),
      application: Schema.Struct({ id: Schema.String }),
      guilds: Schema.Array(Schema.Unknown)
    })
  }),
  Schema.Struct({
    op: Schema.Literal(Op.dispatch),
    t: Schema.String.check(Schema.makeFilter((type) => type !== READY)),
    s: Schema.Finite
  }),
  Schema.Struct({ op: Schema.Literal(Op.invalidSession), d: Schema.Boolean }),
  Schema.Struct({
    op: Schema.Literal(Op.hello),
    d: Schema.Struct({ heartbeat_interval: Schema.Finite.check(Schema.isBetween(heartbeats)) })
  }),
  Schema.Struct({
    op: Schema.Int.check(Schema.makeFilter((op) => !Object.values<number>(Op).includes(op)))
  })
]))

const Named = Schema.Struct({ op: Schema.Unknown, t: Schema.optionalKey(Schema.Unknown) })
const isNamed = Schema.is(Named)

/** Says what is wrong with a frame that was read, or nothing. */
export const problemOf = (frame: unknown): string | undefined => {
  if (isFrame(frame)) return undefined
  const { op, t = null } = isNamed(frame) ? frame : { op: undefined }
  const what = typeof op !== "number"
    ? "what is no frame"
    : `an odd frame (op ${op}${typeof t === "string" ? `, ${t}` : ""})`
  return `Discord sent ${what.slice(0, 100)}`
}
