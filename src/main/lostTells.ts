/**
 * The tells that nobody is left to report: from one dead incarnation to another.
 *
 * The ledger of a link outlives both of its threads, so main can read from it which tells were never settled.
 */
import * as ledger from "../shared/ledger.ts"
import { countLosses, type Loss } from "../shared/remains.ts"

/** One incarnation of a thread, as one end of a link. */
export interface End {
  readonly thread: string
  readonly incarnation: number
}

/** Tells of one thread that were lost. */
export interface Lost {
  readonly sender: string
  readonly losses: ReadonlyArray<Loss>
}

interface Direction {
  readonly from: End
  readonly to: End
  readonly memory: SharedArrayBuffer
  isFromDead: boolean
  isToDead: boolean
}

const isSame = (a: End, b: End): boolean => a.thread === b.thread && a.incarnation === b.incarnation

/** Makes the account of all links. It keeps one direction of a link until nothing of it can be lost any more. */
export const make = () => {
  let directions: ReadonlyArray<Direction> = []
  return {
    /** A link begins: notes the ledger of what `from` sends to `to`. */
    track(from: End, to: End, memory: SharedArrayBuffer): void {
      directions = [...directions, { from, to, memory, isFromDead: false, isToDead: false }]
    },
    /** An incarnation is dead. Returns what dead threads have told each other and nobody has settled. */
    ended(dead: End): ReadonlyArray<Lost> {
      const lost: Array<Lost> = []
      directions = directions.filter((direction) => {
        const { from, memory, to } = direction
        if (isSame(from, dead)) direction.isFromDead = true
        if (isSame(to, dead)) direction.isToDead = true
        if (!direction.isFromDead) return true
        const tells = ledger.outstandingTells(memory)
        if (!direction.isToDead) return tells.length > 0
        if (tells.length > 0) lost.push({ sender: from.thread, losses: countLosses(to.thread, tells) })
        return false
      })
      return lost
    }
  }
}
