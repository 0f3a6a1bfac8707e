/** What threads can be sorted by. */
export const orders = ["declared", "name", "cpu", "loop", "heap", "rate", "mailbox", "restarts"] as const
export type Order = (typeof orders)[number]
