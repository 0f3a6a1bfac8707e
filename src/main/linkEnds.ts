/**
 * What is left of links whose threads are dead: sockets that nobody has taken, and memory that other processes can map.
 */
import type { LinkPort } from "../link/peer.ts"
import * as ledger from "../shared/ledger.ts"
import type { End } from "./lostTells.ts"
import type { Sharing } from "./sharing.ts"

/** A link as it was made: an end for each of two threads, and the ledgers of both directions. */
export interface Made {
  readonly ends: ReadonlyArray<{ readonly of: End; readonly port: LinkPort }>
  readonly ledgers: ReadonlyArray<SharedArrayBuffer>
}

/** Makes the list of a system's links, none at first. Links within one process need no care. */
export const make = (sharing: Sharing) => {
  let links: Array<Made> = []
  return {
    add(link: Made): void {
      if (sharing.segment !== undefined) links.push(link)
    },
    /** A thread is dead. */
    ended({ incarnation, thread }: End): void {
      const isDead = ({ of }: Made["ends"][number]) => of.thread === thread && of.incarnation === incarnation
      const over = links.filter(({ ends }) => ends.some(isDead))
      for (const { ends, ledgers } of over) {
        for (const { port } of ends.filter(isDead)) sharing.close(port)
        // A dead thread's tells may wait for long yet.
        for (const memory of ledgers) sharing.retire(memory, () => ledger.outstandingTells(memory).length === 0)
        const [first] = ends
        if (first !== undefined && ledgers.length > 0) sharing.retireBulk(first.port)
      }
      links = links.filter((link) => !over.includes(link))
      // The thread at the other end may die before it has taken its own.
      const open = over.flatMap(({ ends }) => ends.filter((end) => !isDead(end) && sharing.isUntaken(end.port)))
      links.push(...open.map((end) => ({ ends: [end], ledgers: [] })))
    }
  }
}
