/**
 * The messages that every keyed actor takes besides its own: which keys are awake, how they are, wake one, stop one. They travel and
 * wait as all messages do, those for a key in its lane.
 */
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { make, type MessageCodec, type ProtocolCodec } from "./codec.ts"

/** The tags of these messages. Names with this prefix are heddle's own. */
export const prefix = "heddle."
export const awake = `${prefix}awake`
export const list = `${prefix}list`
export const wake = `${prefix}wake`
export const stop = `${prefix}stop`

/** How a key is. `waiting`, `running`: messages of it. `failures`: in a row. `machine`: the one it is on, if keys are spread over several. */
export const KeyView = Schema.Struct({
  key: Schema.String,
  state: Schema.Literals(["opening", "open", "closing", "resting", "quarantined"]),
  waiting: Schema.Int,
  running: Schema.Int,
  failures: Schema.Int,
  machine: Schema.optionalKey(Schema.String)
})
export type KeyView = typeof KeyView.Type

/** A machine that does not say how its keys are, and why. */
export const Missing = Schema.Struct({ machine: Schema.String, problem: Schema.String })
export type Missing = typeof Missing.Type

/** Whether it says how a key is, and not which machine does not. */
export const isView = (one: KeyView | Missing): one is KeyView => "key" in one

const group = RpcGroup.make(
  Rpc.make(awake, { success: Schema.Array(Schema.String) }),
  Rpc.make(list, { success: Schema.Array(KeyView) }),
  Rpc.make(wake),
  Rpc.make(stop)
)

/** Their codecs. A position below 0 tells them from the messages of a protocol. */
export const codecs: ProtocolCodec = new Map(
  Array.from(
    make(group.requests),
    ([tag, codec]): [string, MessageCodec] => [tag, { ...codec, index: -1 - codec.index }]
  )
)

/** A protocol with these messages. */
export const withThem = (protocol: ProtocolCodec): ProtocolCodec => new Map([...protocol, ...codecs])

/** Whether a message is one of them. */
export const isKeyMessage = ({ index }: Pick<MessageCodec, "index">): boolean => index < 0

/** Whether a message stops its key. */
export const isStop = ({ tag }: Pick<MessageCodec, "tag">): boolean => tag === stop

/** Refuses messages that have a name of heddle's own. */
export const check = (actor: string, requests: ReadonlyMap<string, unknown>): void => {
  for (const tag of requests.keys()) {
    if (tag.startsWith(prefix)) {
      throw new TypeError(`${actor}.${tag}: tags that begin with "${prefix}" are heddle's own`)
    }
  }
}
