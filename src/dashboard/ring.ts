/** The newest items of an endless list, each with its number, so that readers can ask for what they have not seen. */
export interface Ring<A> {
  readonly push: (item: A) => void
  /** The kept items whose number is at least `next`, and the number that the next item will get. */
  readonly since: (next: number) => { readonly items: ReadonlyArray<A>; readonly next: number }
}

/** Makes a ring that keeps `capacity` items; a reader that is further behind gets the newest and misses the rest. */
export const make = <A>(capacity: number): Ring<A> => {
  const items: Array<A> = []
  let pushed = 0
  return {
    push: (item) => {
      items.push(item)
      pushed++
      if (items.length > capacity) items.shift()
    },
    since: (next) => ({ items: items.slice(Math.max(0, items.length - Math.max(0, pushed - next))), next: pushed })
  }
}
