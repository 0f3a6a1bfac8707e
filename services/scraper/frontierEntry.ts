/** An address on its way through a frontier. */
import type { Settled } from "./traps.ts"

/** What an address is fetched for: a page of its own, or the addresses in it. */
export type Kind = "page" | "sitemap"

/** An address that is this fiber's to fetch. */
export interface Taken {
  readonly key: string
  readonly url: string
  readonly depth: number
  readonly kind: Kind
  /** See `traps.ts`. */
  readonly run: number
  readonly parent: string
}

/** An address to fetch, and its canonical form. */
export interface Address {
  readonly key: string
  readonly url: string
  readonly kind?: Kind
  readonly run?: number
  readonly parent?: string
}

/** What is noted of a page besides its outcome. `finalKey`: where its redirects ended. */
export interface Notes {
  readonly finalKey?: string | undefined
  readonly page?: Settled | undefined
  readonly prints?: ReadonlyArray<string> | undefined
}
