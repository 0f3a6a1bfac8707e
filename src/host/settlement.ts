/**
 * What the end of a handler does: its caller gets the one answer, the actor's counters grow, the next message gets the place, and
 * a defect ends the incarnation.
 *
 * ```text
 *   open --- a defect: pause the mailbox, report it ---> closed
 *     |                                                    ^
 *     +--- the incarnation ends -----------------------------+
 * ```
 *
 * Once it is closed, answers still go out, and no place is given back: the mailbox has forgotten what ran.
 */
import type * as Cause from "effect/Cause"
import type * as Exit from "effect/Exit"
import type { Delivery } from "../link/delivery.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { Mailbox } from "./mailbox.ts"
import { judge } from "./outcome.ts"

export interface Options {
  /** The actor's name, and its position on its thread. */
  readonly name: string
  readonly index: number
  readonly mailbox: Pick<Mailbox, "pause" | "release">
  readonly block: StatusBlock
  /** A handler has died; the actor can't be trusted any more. */
  readonly onDefect: (cause: Cause.Cause<unknown>) => void
}

export type Settlement = ReturnType<typeof make>

/** Makes the settlement of one incarnation's messages. */
export const make = ({ block, index, mailbox, name, onDefect }: Options) => {
  let closed = false
  return {
    /** Gives the place of a message to the next one, unless that was done before. */
    leavePlace(delivery: Delivery): void {
      if (!delivery.holdsPlace) return
      delivery.holdsPlace = false
      if (!closed) mailbox.release()
    },
    /** Answers a message with what its handler has ended with. */
    settle(delivery: Delivery, exit: Exit.Exit<unknown, unknown>): void {
      if (exit._tag === "Success") {
        block.addHandled(index, 1)
        return delivery.end({ _tag: "Success", value: exit.value })
      }
      const { withheld, request: [kind] } = delivery
      const { answer, counts, defect } = judge({ actor: name, withheld, isTell: kind === "tell" }, exit.cause)
      if (counts === "handled") block.addHandled(index, 1)
      else if (counts === "failed") block.addFailed(index, 1)
      delivery.end(answer)
      if (defect === undefined || closed) return
      // At once: the next message must not run in an actor that can't be trusted any more.
      closed = true
      mailbox.pause()
      onDefect(defect)
    },
    /** The incarnation ends: from now on a defect is no news, and places are not given back. */
    close(): void {
      closed = true
    }
  }
}
