/** What the bot knows of its connection to Discord, over all its reconnects. */
import { endsSession } from "./closeCodes.ts"
import type { GatewayView } from "./gatewayHealth.ts"

/** The time of the books, in milliseconds of a monotonic clock. */
export const now = (): number => performance.now()

/** What is known of a connection over all its reconnects. */
export interface Books {
  view: Omit<GatewayView, "state">
  readonly update: (change: Partial<Omit<GatewayView, "state">>) => void
  /** The scope closes: nothing is connected any more. */
  closing: boolean
  /** The network failed since the last HELLO. */
  networkFailed: boolean
  /** From HELLO to the close. */
  connected: boolean
  /** When the last HELLO came. */
  openedMillis: number
  /** How the last connection closed. */
  closedWith: number | undefined
  everReady: boolean
}

/** Opens the books, with as many logins left as Discord says. */
export const booksOf = (identifiesLeft: number): Books => {
  const books: Books = {
    view: {
      beatMillis: null,
      downSinceMillis: now(),
      lastAckMillis: null,
      aliveAtMillis: null,
      latencyMillis: null,
      heartbeatMillis: 45_000,
      reconnects: 0,
      shortLived: 0,
      resumes: 0,
      identifiesLeft
    },
    update: (change) => {
      books.view = { ...books.view, ...change }
    },
    closing: false,
    networkFailed: false,
    connected: false,
    openedMillis: now(),
    closedWith: undefined,
    everReady: false
  }
  return books
}

/** Whether Discord has given up a session that the library gives up. */
export const isSessionLost = ({ closedWith, connected, everReady, networkFailed }: Books): boolean =>
  // The library gives the session up when the network fails, when nobody says HELLO, and after too many sends
  // (4008); Discord keeps it for some minutes, unless it said otherwise.
  !everReady || !(networkFailed || (!connected && !endsSession(closedWith)))
