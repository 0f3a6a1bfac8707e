/**
 * The endpoint of a thread that hosts actors: its links, with the mailboxes and the back-pressure of this level.
 */
import * as Effect from "effect/Effect"
import type { PeerMessage } from "../control/protocol.ts"
import * as endpoint from "../link/endpoint.ts"
import * as extras from "../link/extras.ts"
import { keysOf } from "../link/place.ts"
import { loaded, once, onceIf } from "../loop/once.ts"
import * as backpressure from "./backpressure.ts"
import type { Key } from "./key.ts"
import type { KeyedMailbox } from "./keyedMailbox.ts"
import * as mailbox from "./mailbox.ts"
import type { Retirement } from "./retirement.ts"

/** The mailbox of an actor, or of one that is keyed. */
export type AnyMailbox = mailbox.Mailbox | KeyedMailbox<Key>

/** What was loaded for what a thread hosts and knows. */
export interface Extras extends extras.Extras {
  readonly KeyedMailbox: typeof KeyedMailbox | undefined
}

const keyedMailbox = once(async () => (await import("./keyedMailbox.ts")).KeyedMailbox)

/** Loads what the endpoint of a thread needs, before it is made. */
export const load = (
  { places, self, strangers }: Pick<endpoint.Options, "places" | "self" | "strangers">
): Effect.Effect<Extras> => {
  const hosted = places.filter(({ thread }) => thread === self).flatMap(({ actors }) => actors)
  return Effect.zipWith(
    extras.load(places, strangers),
    onceIf(hosted.some((actor) => keysOf(actor) !== undefined), keyedMailbox),
    (links, KeyedMailbox) => ({ ...links, KeyedMailbox })
  )
}

/** All links of a thread, with its mailboxes. */
export class Endpoint extends endpoint.Endpoint<AnyMailbox> {
  /** How the thread retires, if it is replaced some day. */
  readonly retirement: Retirement | undefined

  /** `sliceMillis`: how long an actor may start messages in one tick before it yields; default 5. */
  constructor(
    options: endpoint.Options & {
      readonly sliceMillis?: number
      readonly retirement?: Retirement | undefined
      readonly extras?: Extras | undefined
    }
  ) {
    const { extras, retirement, sliceMillis } = options
    super(options, {
      makeMailbox: (onQueued, setPlaces) => mailbox.make(sliceMillis, onQueued, setPlaces, retirement),
      makeKeyedMailbox(onQueued) {
        const KeyedMailbox = loaded(extras?.KeyedMailbox, "keyed actors")
        return new KeyedMailbox<Key>(sliceMillis, onQueued, retirement)
      },
      makeOnLeft: backpressure.make
    })
    this.retirement = retirement
  }

  /** Passes on to the links what becomes of another thread. */
  heed(message: PeerMessage): void {
    switch (message._tag) {
      case "PeerReady":
        return this.ready(message.peer, message.incarnation, message.mailboxes)
      case "PeerStopping":
        return this.stopping(message.peer, message.comesBack)
      case "PeerLost":
        return this.lost(message.peer, message.incarnation, message.cause)
      case "PeerGone":
        return this.gone(message.peer, message.why)
      case "PeerExpected":
        return this.expected(message.peer)
    }
  }
}

/** Makes an endpoint whose only link is the one to its own thread. */
export const make = (options: ConstructorParameters<typeof Endpoint>[0]): Endpoint => new Endpoint(options)
