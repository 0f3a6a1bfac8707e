/**
 * Which system the command means. Pure.
 */
import type { Card } from "./card.ts"

/** What the command says of the system that it means. */
export interface Meant {
  readonly pid: number | undefined
  readonly socket: string | undefined
  /** Where the command runs. */
  readonly directory: string
}

/** The address of the system that is meant, or what is wrong and what to do about it. */
export const choose = (
  cards: ReadonlyArray<Card>,
  { directory, pid, socket }: Meant
): Pick<Card, "socket"> & { readonly pid?: number } | { readonly problem: string } => {
  if (socket !== undefined) return cards.find((card) => card.socket === socket) ?? { socket }
  const fitting = cards.filter((card) => pid === undefined ? card.directory === directory : card.pid === pid)
  const [first, second] = fitting
  if (first !== undefined && second === undefined) return first
  if (first !== undefined) {
    const where = pid === undefined ? "that were started in this directory" : `in process ${pid}`
    return { problem: `${fitting.length} systems run ${where}; choose one:\n${choices(fitting)}` }
  }
  const others = cards.length === 0 ? "none runs elsewhere" : `those that run are\n${choices(cards)}`
  return pid === undefined
    ? { problem: `no system runs that was started in ${directory}; ${others}` }
    : { problem: `no system runs in process ${pid}; ${cards.length === 0 ? "none runs at all" : others}` }
}

/** A line for each system, which begins with what to add to the command. */
const choices = (cards: ReadonlyArray<Card>): string =>
  cards.map(({ config, directory, pid, socket }) => {
    const isAlone = cards.filter((card) => card.pid === pid).length === 1
    const how = isAlone ? `--pid ${pid}` : `--socket ${socket}`
    return `  ${how}  ${config.startsWith(`${directory}/`) ? config : `${config} (in ${directory})`}`
  }).join("\n")
