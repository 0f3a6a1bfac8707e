/**
 * The keys of an actor on this machine and on all others. Nobody is asked anything until somebody looks.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { KeysView } from "../actor/fleet.ts"
import { Unreachable } from "../ActorError.ts"
import type { Carrier } from "../link/courier.ts"
import { KeyView } from "../wire/keyMessages.ts"
import * as delivery from "./delivery.ts"
import { late, silence, unread } from "./fleet.ts"
import type { Remote } from "./remote.ts"
import type { Watch } from "./watch.ts"

/** How long a machine has to say which of its keys are awake. */
const awakeMillis = 2000

/** How long the threads of a machine have to say how their keys are, and how long the machine has in all. */
const [keysMillis, patienceMillis] = [1500, 2000]

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.toCodecJson(Schema.Array(KeyView))))

/** Makes what looks for keys. */
export const make = ({ address: self, carrier, remote, watch }: {
  readonly address: string
  readonly carrier: Carrier
  readonly remote: Remote
  readonly watch: () => Watch
}) => {
  const awake = (actor: string) => delivery.awake(carrier, actor, awakeMillis)
  const own = (actor: string) => delivery.keys(carrier, actor, keysMillis)
  const others = () => watch().others().filter(({ state }) => state !== "gone")

  const awakeOn = (address: string, actor: string) =>
    remote.send(address, (client) => client.HeddleAwake({ actor })).pipe(
      Effect.mapError(({ why }) => new Unreachable({ handled: "no", of: "cluster", why }))
    )

  const keysOn = (address: string, actor: string): Effect.Effect<ReadonlyArray<KeyView>, string> =>
    remote.send(address, (client) => client.HeddleKeys({ actor })).pipe(
      Effect.mapError(({ why }) => why),
      Effect.flatMap((text) => Effect.catch(decode(text), unread))
    )

  /** What a machine says of its keys, or why it says nothing. */
  const saidOn = (one: ReturnType<typeof others>[number], actor: string): Effect.Effect<KeysView> => {
    const { address: machine } = one.row
    return Effect.match(late(keysOn(machine, actor), patienceMillis), {
      onFailure: (problem) => ({ keys: [], missing: [{ machine, problem: silence(one) ?? problem }] }),
      onSuccess: (keys) => ({ keys: keys.map((key) => ({ ...key, machine })), missing: [] })
    })
  }

  return {
    /** Those that are awake on this machine. */
    awake,
    /** Those that are awake on all machines. */
    allAwake: (actor: string): Effect.Effect<ReadonlyArray<string>, Unreachable> =>
      Effect.map(
        Effect.all([awake(actor), ...others().map(({ row }) => awakeOn(row.address, actor))], {
          concurrency: "unbounded"
        }),
        (lists) => lists.flat()
      ),
    /** How those of this machine are, as other machines are told. */
    listed: (actor: string): Effect.Effect<string> => Effect.map(own(actor), (keys) => JSON.stringify(keys)),
    /** How those of all machines are. */
    allListed: Effect.fnUntraced(function*(actor: string): Effect.fn.Return<KeysView> {
      const here = yield* Effect.orDie(decode(JSON.stringify(yield* own(actor))))
      const said = yield* Effect.forEach(others(), (one) => saidOn(one, actor), { concurrency: "unbounded" })
      return {
        keys: [here.map((key) => ({ ...key, machine: self })), ...said.map(({ keys }) => keys)].flat(),
        missing: said.flatMap(({ missing }) => missing)
      }
    })
  }
}
