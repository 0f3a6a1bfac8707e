/**
 * All links of one thread: its own actors, and an outbox for every thread of the system, itself included.
 *
 * The supervisor says when a link to another thread comes and goes; between two threads it is `MessagePort` and shared
 * memory only, and nobody else is in the path of a message.
 */
import * as Context from "effect/Context"
import type { MessagePort } from "node:worker_threads"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { After } from "../loop/timeouts.ts"
import * as ledger from "../shared/ledger.ts"
import * as remains from "../shared/remains.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import * as codec from "../wire/codec.ts"
import type { Answer, Frame } from "../wire/frame.ts"
import * as wire from "../wire/transport.ts"
import type { Acceptor, Host, Hosting } from "./acceptor.ts"
import * as layers from "./building.ts"
import * as client from "./client.ts"
import * as group from "./group.ts"
import * as inbox from "./inbox.ts"
import { InFlight } from "./inFlight.ts"
import { defaultMailbox, type MailboxOptions } from "./mailboxOptions.ts"
import type { Target } from "./method.ts"
import type { Origin } from "./middleware.ts"
import * as outbox from "./outbox.ts"
import type { Place } from "./place.ts"

/** One end of a link to another incarnation of a thread. */
export interface LinkEnd {
  readonly peer: string
  readonly incarnation: number
  /** Makes this end, given who takes in what arrives. */
  readonly connect: (receiver: wire.Receiver) => wire.Wire
  /** The ledger of what this thread sends, and of what it receives. */
  readonly sends: SharedArrayBuffer
  readonly receives: SharedArrayBuffer
  readonly block: SharedArrayBuffer
}

/** The end of a link over a port between two threads. */
export const overPort = (port: MessagePort): LinkEnd["connect"] => (receiver) => wire.overPort(port, receiver)

/** A message that nobody waits for could not be handled. */
export interface DeadLetter {
  readonly actor: string
  readonly request: string
  readonly reason: ActorError.Reason
  /** The actor that sent it, else the thread. */
  readonly sender: string
  /** The thread that sent it. */
  readonly senderThread: string
  /** As it crosses a link; bytes of it may have moved away. */
  readonly payload: unknown
}

interface Peer {
  readonly outbox: outbox.Outbox
  link: {
    readonly incarnation: number
    readonly wire: wire.Wire
    readonly inbox: inbox.Inbox
    readonly inFlight: InFlight
  } | undefined
}

export type Endpoint<Mailbox extends Acceptor> = ReturnType<typeof make<Mailbox>>

export interface Options {
  readonly places: ReadonlyArray<Place>
  /** Actors that this thread's import has, and nobody hosts. */
  readonly strangers?: ReadonlyArray<Actor.Any>
  readonly self: string
  readonly block: SharedArrayBuffer
  readonly after: After
  readonly onDeadLetter: (letter: DeadLetter) => void
  /** A thread is dead, and these of its tells never arrived here. */
  readonly onLost?: (sender: string, losses: ReadonlyArray<remains.Loss>) => void
  /** What is to outlive this thread; a thread that nobody outlives needs none. */
  readonly remains?: remains.Remains
}

export const make = <Mailbox extends Acceptor>(options: Options, hosting: Hosting<Mailbox>) => {
  const { places, self } = options
  const isInstance = places.find(({ thread }) => thread === self)?.group !== undefined
  const own = statusBlock.make(options.block)
  /** A message has to wait, in a mailbox or in an outbox. */
  let onQueued = (): void => {}
  const known = places.flatMap(({ actors }) => actors.map((actor) => actor.actorName))
  const hosts: ReadonlyArray<Host<Mailbox>> = (places.find(({ thread }) => thread === self)?.actors ?? []).map((
    actor,
    index
  ) => ({
    name: actor.actorName,
    protocol: isKnown(actor) ? codec.make(actor.protocol.requests) : new Map(),
    mailbox: hosting.makeMailbox(() => onQueued(), isInstance ? (places) => own.setPlaces(index, places) : undefined)
  }))

  const deadLetters =
    (place: Place | undefined, senderThread: string): outbox.OnDeadLetter =>
    ({ actor, payload, reason, sender, tag }) =>
      options.onDeadLetter({
        actor: place?.actors[actor]?.actorName ?? "",
        request: tag,
        reason,
        sender: sender[0] ?? senderThread,
        senderThread,
        payload
      })
  const ownPlace = places.find(({ thread }) => thread === self)

  const waiting = options.remains && remains.openWaiting(options.remains, known.length)
  let counted = 0
  const peers = new Map(places.map((place): [string, Peer] => {
    const from = counted
    counted += place.actors.length
    const sent = new outbox.Outbox({
      actors: place.actors.length,
      local: place.thread === self,
      onDeadLetter: deadLetters(place, self),
      onCircle(chain, circle) {
        if (chain.length > 0) { for (const { link } of peers.values()) link?.inbox.tellCircle(chain, circle) }
      },
      onQueued: () => onQueued(),
      ...(waiting === undefined ? {} : { waiting: waiting.subarray(from, counted) })
    })
    return [place.thread, { outbox: sent, link: undefined }]
  }))

  const groups = new Map(
    Array.from(Map.groupBy(places.filter(({ group }) => group !== undefined), ({ group }) => group)).map(
      ([name, instances]) => [name, group.make(instances.flatMap(({ thread }) => peers.get(thread)?.outbox ?? []))]
    )
  )

  const building = layers.make({ self, places, isLinked: (thread) => peers.get(thread)?.link !== undefined })

  const origin: Origin = { thread: self, services: Context.empty() }

  /** The mailboxes of this thread as all senders know them. */
  let announced: ReadonlyArray<MailboxOptions> = []

  const capacityOf = (actor: number): number => (announced[actor] ?? defaultMailbox).capacity

  const onLeft = hosting.makeOnLeft({
    block: own,
    capacity: (actor) => isInstance ? hosts[actor]?.mailbox.places() ?? 0 : capacityOf(actor),
    lowWater: (actor) => isInstance ? hosts[actor]?.mailbox.lowWater() ?? 0 : Math.floor(capacityOf(actor) / 2),
    resume(actor) {
      for (const peer of peers.values()) peer.link?.wire.post(["resume", actor])
    }
  })

  const connect = (end: LinkEnd): void => {
    const peer = peers.get(end.peer)
    if (peer === undefined) return
    const receiver: wire.Receiver = {
      receive(frame) {
        // After its link is gone, an answer must not settle what has its slot on the next one.
        if (peer.link !== link) return
        if (isAnswer(frame)) peer.outbox.receive(frame)
        else link.inbox.receive(frame)
      },
      unsendable(frame, error) {
        const detail = `can't be sent between threads (${error instanceof Error ? error.message : String(error)})`
        if (frame[0] === "ask" || frame[0] === "tell" || frame[0] === "open") {
          peer.outbox.unsendable(frame[1], `the payload ${detail}.`)
        } else link.inbox.unsendable(frame, detail)
      }
    }
    const wire = end.connect(receiver)
    const link: NonNullable<Peer["link"]> = {
      incarnation: end.incarnation,
      wire,
      inbox: inbox.make(hosts, {
        sender: end.peer,
        ledger: ledger.makeReceiver(end.receives),
        wire,
        pending: [],
        onDeadLetter: deadLetters(ownPlace, end.peer),
        onLost: (tells) => options.onLost?.(end.peer, remains.countLosses(self, tells)),
        onLeft,
        isInstance
      }),
      inFlight: new InFlight(wire, ledger.makeSender(end.sends), statusBlock.make(end.block))
    }
    peer.link = link
  }

  const ready = (name: string, incarnation: number, mailboxes: ReadonlyArray<MailboxOptions>): void => {
    const peer = peers.get(name)
    if (peer?.link === undefined || peer.link.incarnation !== incarnation) return
    peer.outbox.open(peer.link.inFlight, mailboxes)
  }

  // This thread is its own peer: the same rules hold for calls within it, without a port.
  const loopback = options.remains?.loopback ?? ledger.allocate()
  connect({
    peer: self,
    incarnation: 0,
    connect: (receiver) => wire.inMemory(() => receiver),
    sends: loopback,
    receives: loopback,
    block: options.block
  })

  ready(self, 0, [])

  const clientOf = (actor: Actor.Any, target: Target | undefined): [string, unknown] => [
    actor.key,
    client.make(actor, target, { after: options.after, known, origin })
  ]

  const targetOf = ({ outbox }: Peer, { group, thread }: Place, actor: number): Target => ({
    outbox: groups.get(group) ?? outbox,
    actor,
    obstacle(fiber) {
      // Another instance may be up.
      const why = group === undefined ? building.obstacle(fiber, thread, actor) : undefined
      return why === undefined ? undefined : new ActorError.NotRunning({ why, known })
    }
  })

  return {
    hosts,
    block: own,
    building,
    /** The client of every actor of the system, by the key of its service. */
    clients: new Map<string, unknown>([
      ...places.flatMap((place) => {
        const peer = peers.get(place.thread)
        return place.actors.flatMap((actor, index): ReadonlyArray<[string, unknown]> =>
          isKnown(actor) ? [clientOf(actor, peer && targetOf(peer, place, index))] : []
        )
      }),
      ...(options.strangers ?? []).map((actor) => clientOf(actor, undefined))
    ]),
    connect,
    /** The layers of this thread provide these: the client's parts of middleware are taken from them. */
    provide(services: Context.Context<never>): void {
      origin.services = services
    },
    /** Calls `f` for each message that has to wait for a place or for room. */
    watchQueues(f: () => void): void {
      onQueued = f
    },
    /** A message waits at a sender for room in a mailbox. */
    isQueueing: (): boolean => Array.from(peers.values()).some(({ outbox }) => outbox.isQueueing()),
    /** It is one of several threads that host the same actors. */
    isInstance,
    /** The asks of this thread that are not answered, each with its actor and that actor's thread. */
    asks: () =>
      places.flatMap(({ actors, thread }) =>
        (peers.get(thread)?.outbox.asks() ?? []).map((ask) => ({
          ...ask,
          thread,
          actor: actors[ask.message.actor]?.actorName ?? ""
        }))
      ),
    /** The actors of a thread take messages. */
    ready,
    /** All actors of this thread are built; says how their mailboxes are. */
    selfReady(): ReadonlyArray<MailboxOptions> {
      announced = hosts.map(({ mailbox }) => mailbox.announced())
      ready(self, 0, announced)
      return announced
    },
    /** An incarnation of a thread is dead, or as good as dead. */
    lost(name: string, incarnation: number, cause: ExitCause.ExitCause): void {
      const peer = peers.get(name)
      if (peer?.link === undefined || peer.link.incarnation !== incarnation) return
      const { inbox, wire } = peer.link
      wire.drain()
      peer.outbox.lost(cause)
      wire.close()
      inbox.lost()
      peer.link = undefined
    },
    /** A thread takes no new messages, for good or until it has been started again. */
    stopping(name: string, comesBack: boolean): void {
      const peer = peers.get(name)
      // What was accepted in this turn is there before the thread hears that it shall stop.
      peer?.link?.wire.drain()
      peer?.outbox.stopping(comesBack)
    },
    /** Takes in what has arrived on every link, before this thread stops taking messages. */
    drain(): void {
      for (const peer of peers.values()) peer.link?.wire.drain()
    },
    /** Posts what waits for the end of the turn, and takes nothing in. */
    flush(): void {
      for (const peer of peers.values()) peer.link?.wire.flush()
    },
    /** This thread has stopped its actors: what they told and nobody has taken is reported. */
    abandon(reason: ActorError.Reason): void {
      for (const { mailbox } of hosts) mailbox.rejectLocal(reason)
      for (const group of groups.values()) group.abandon(reason)
      for (const { outbox } of peers.values()) outbox.abandon(reason)
    },
    /** A thread won't come back by itself. */
    gone: (name: string, why: string): void => peers.get(name)?.outbox.gone(new ActorError.NotRunning({ why, known })),
    /** A thread will come (back). */
    expected: (name: string): void => peers.get(name)?.outbox.expected(),
    close(): void {
      for (const peer of peers.values()) peer.link?.wire.close()
    }
  }
}

const isKnown = (actor: Place["actors"][number]): actor is Actor.Any => "protocol" in actor

const isAnswer = (frame: Frame): frame is Answer =>
  frame[0] === "done" || frame[0] === "chunk" || frame[0] === "resume" ||
  frame[0] === "circle"
