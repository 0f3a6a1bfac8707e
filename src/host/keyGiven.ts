/**
 * What the keys of an actor are made of.
 */
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { KeyOptions } from "../control/keyOptions.ts"
import type { KeyCodec } from "../wire/key.ts"
import type { Handling } from "./handling.ts"
import type { HostContext } from "./hostContext.ts"
import type { Key } from "./key.ts"
import type { KeyedMailbox } from "./keyedMailbox.ts"

/** What the keys of an actor are made of. */
export interface Given {
  readonly host: HostContext
  readonly handling: Handling
  readonly mailbox: KeyedMailbox<Key>
  readonly codec: KeyCodec
  readonly options: KeyOptions
  /** Builds a key: succeeds with its handlers. */
  readonly build: (key: unknown) => Effect.Effect<unknown, unknown>
  /** The context that the actor's layer was built in. */
  readonly context: Context.Context<never>
}
