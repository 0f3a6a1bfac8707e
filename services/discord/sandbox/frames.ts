/** What a client may send on the gateway, decoded, and the rules that need no state. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Channel, ChannelType } from "./channels.ts"

export const maxPayloadBytes = 4096

/** Opcodes of the gateway that the sandbox speaks. */
export const Op = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  presence: 3,
  voiceState: 4,
  resume: 6,
  reconnect: 7,
  requestMembers: 8,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
  requestSoundboardSounds: 31,
  requestChannelInfo: 43
} as const

/** Intents that the sandbox looks at. */
export const Intent = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildModeration: 1 << 2,
  guildMessages: 1 << 9,
  messageContent: 1 << 15
} as const

const inGuild = { messages: 1 << 9, reactions: 1 << 10, typing: 1 << 11 } as const
const inDirectMessages = { messages: 1 << 12, reactions: 1 << 13, typing: 1 << 14 } as const

/** The intent that a session needs for what happens in a channel. */
export const intentFor = (channel: Pick<Channel, "type"> | undefined, what: keyof typeof inGuild): number =>
  (channel?.type === ChannelType.direct ? inDirectMessages : inGuild)[what]

/** Flags of a message that the sandbox looks at; `editable` are those that an edit may set. */
export const Flag = {
  suppressEmbeds: 1 << 2,
  hasThread: 1 << 5,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  editable: (1 << 2) | (1 << 15)
} as const

const knownIntents = 0b1_1111_1111_1111_1111_1111_1111_1111

export const Frame = Schema.Struct({ op: Schema.Int, d: Schema.optionalKey(Schema.Unknown) })
export type Frame = typeof Frame.Type

const Identify = Schema.Struct({
  token: Schema.String,
  intents: Schema.Unknown,
  properties: Schema.optionalKey(Schema.Unknown),
  shard: Schema.optionalKey(Schema.Unknown)
})

const Resume = Schema.Struct({ token: Schema.String, session_id: Schema.String, seq: Schema.Int })

const RequestMembers = Schema.Struct({
  nonce: Schema.optionalKey(Schema.String),
  query: Schema.optionalKey(Schema.String),
  limit: Schema.optionalKey(Schema.Int),
  user_ids: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)]))
})

/** A request that names nobody. */
export const allMembers: typeof RequestMembers.Type = {}

const Shard = Schema.Tuple([Schema.Int, Schema.Int])

export const decodeIdentify = Schema.decodeUnknownOption(Identify)
export const decodeResume = Schema.decodeUnknownOption(Resume)
export const decodeRequestMembers = Schema.decodeUnknownOption(RequestMembers)
const decodeFrame = Schema.decodeUnknownOption(Frame)
const decodeShard = Schema.decodeUnknownOption(Shard)

/** Parses JSON; what is no JSON is none. */
export const parseJson = (text: string): Option.Option<unknown> => Option.liftThrowable(JSON.parse)(text)

export const parseFrame = (text: string): Option.Option<Frame> => Option.flatMap(parseJson(text), decodeFrame)

export type Shard = readonly [id: number, count: number]

/** The shard of an IDENTIFY: `[0, 1]` unless said otherwise, none when it makes no sense (close code 4010). */
export const shardOf = (value: unknown): Option.Option<Shard> =>
  value === undefined || value === null
    ? Option.some([0, 1])
    : Option.filter(decodeShard(value), ([id, count]) => count > 0 && id >= 0 && id < count)

/** Whether the shard is told about the guild. Source: Discord's sharding formula. */
export const shardSees = ([id, count]: Shard, guildId: string): boolean =>
  Number((BigInt(guildId) >> 22n) % BigInt(count)) === id

/** The intents of an IDENTIFY, none when they are no bit field of known bits (close code 4013). */
export const intentsOf = (value: unknown): Option.Option<number> =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= knownIntents
    ? Option.some(value)
    : Option.none()

/** Clients send the token with or without its scheme. */
export const bareToken = (token: string): string => token.replace(/^Bot\s+/i, "")
