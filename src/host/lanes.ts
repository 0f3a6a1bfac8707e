/**
 * The messages of many keys in one mailbox: those of a key wait for each other, and for nobody else. A pure data structure.
 *
 * ```text
 *   push --> lane "a": 3 2 1  --+
 *            lane "b": 1        +-- may start: open, with a place free --> next, the lanes in turn
 *            lane "c": 2 1    --+
 * ```
 */
import { Queue } from "../loop/queue.ts"
import { KeyTable } from "./keyTable.ts"

/** The messages of one key. */
export class Lane<Message, Holder> {
  readonly key: string
  /** What handles the messages, and what else belongs to the key. */
  holder: Holder | undefined
  /** How many messages may be handled at a time; 0 while none may start. */
  places = 0
  /** How many messages hold a place. */
  running = 0
  /** It is in the list of lanes of which a message may start. */
  isListed = false
  /** Made for the first message that waits, because most lanes never need it. */
  waiting: Queue<Message> | undefined

  constructor(key: string) {
    this.key = key
  }

  /** How many messages wait. */
  get size(): number {
    return this.waiting?.size ?? 0
  }
}

/** The lanes of one mailbox. */
export class Lanes<Message, Holder> {
  private readonly byKey = new KeyTable<Lane<Message, Holder>>()
  private readonly listed = new Queue<Lane<Message, Holder>>()
  /** The lanes in which messages wait, in the order in which their first one came. */
  private readonly occupied = new Set<Lane<Message, Holder>>()
  /** Such a message starts only when nothing else of its key runs. */
  private readonly isExclusive: (message: Message) => boolean
  private readonly onShorter: (lane: Lane<Message, Holder>) => void
  private count = 0

  /** `onShorter` is called when messages have left a lane. */
  constructor(
    isExclusive: (message: Message) => boolean,
    onShorter: (lane: Lane<Message, Holder>) => void = () => {}
  ) {
    this.isExclusive = isExclusive
    this.onShorter = onShorter
  }

  /** How many messages wait in all lanes. */
  get size(): number {
    return this.count
  }

  /** The lane of a key, if it has one. */
  find(key: string): Lane<Message, Holder> | undefined {
    return this.byKey.get(key)
  }

  /** The lane of a key, which is made if it has none. */
  get(key: string): Lane<Message, Holder> {
    let lane = this.byKey.get(key)
    if (lane === undefined) this.byKey.add(lane = new Lane(key))
    return lane
  }

  /** All lanes, in no order. */
  all(): IterableIterator<Lane<Message, Holder>> {
    return this.byKey.values()
  }

  /** The lanes in which messages wait, the one that has had some for longest first. */
  get waiting(): ReadonlySet<Lane<Message, Holder>> {
    return this.occupied
  }

  /** Forgets a lane of which nothing is left. */
  drop(lane: Lane<Message, Holder>): void {
    if (lane.size === 0 && lane.running === 0 && lane.holder === undefined) this.byKey.delete(lane.key)
  }

  /** Whether a message that has not waited may start now, without overtaking another one. */
  isFree(lane: Lane<Message, Holder>): boolean {
    return lane.running < lane.places && lane.size === 0
  }

  /** Adds a message that has to wait. */
  push(lane: Lane<Message, Holder>, message: Message): void {
    const queue = lane.waiting ??= new Queue()
    if (queue.size === 0) this.occupied.add(lane)
    queue.push(message)
    this.count++
    this.list(lane)
  }

  /** Takes out the message of a lane that has waited longest. */
  shift(lane: Lane<Message, Holder>): Message | undefined {
    const message = lane.waiting?.shift()
    if (message === undefined) return undefined
    this.count--
    this.tidy(lane)
    this.onShorter(lane)
    return message
  }

  /** The next lane of which a message may start; each has its turn. The caller takes that message by `shift`. */
  next(): Lane<Message, Holder> | undefined {
    for (let lane = this.listed.shift(); lane !== undefined; lane = this.listed.shift()) {
      lane.isListed = false
      if (this.mayStart(lane)) return lane
    }
    return undefined
  }

  /** Lists a lane if one of its messages may start. */
  list(lane: Lane<Message, Holder>): void {
    if (lane.isListed || !this.mayStart(lane)) return
    lane.isListed = true
    this.listed.push(lane)
  }

  /** A message of the lane gives back its place. */
  release(lane: Lane<Message, Holder>): void {
    lane.running--
    this.list(lane)
  }

  /** Lets so many messages of a lane be handled at a time; 0 starts no more. */
  open(lane: Lane<Message, Holder>, places: number): void {
    lane.places = places
    this.list(lane)
  }

  /** Takes the messages of a lane that are not to be kept out of it, at most `most` of them, and returns them. */
  sift(lane: Lane<Message, Holder>, isKept: (message: Message) => boolean, most = Infinity): ReadonlyArray<Message> {
    const { waiting } = lane
    if (waiting === undefined) return []
    const taken: Array<Message> = []
    waiting.keep((message) => taken.length >= most || isKept(message) || taken.push(message) === 0)
    this.count -= taken.length
    this.tidy(lane)
    if (taken.length > 0) this.onShorter(lane)
    // A message that had to start alone may be gone from its head.
    this.list(lane)
    return taken
  }

  /** Takes all messages out, and returns them by lane. */
  clear(): ReadonlyArray<Message> {
    return Array.from(this.occupied).flatMap((lane) => this.sift(lane, () => false))
  }

  private mayStart(lane: Lane<Message, Holder>): boolean {
    if (lane.running >= lane.places) return false
    const first = lane.waiting?.peek()
    return first !== undefined && (lane.running === 0 || !this.isExclusive(first))
  }

  private tidy(lane: Lane<Message, Holder>): void {
    if (lane.size > 0) return
    this.occupied.delete(lane)
    lane.waiting = undefined
  }
}
