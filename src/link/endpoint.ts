/**
 * All links of one thread: its own actors, and an outbox for every thread of the system, itself included.
 *
 * The supervisor says when a link to another thread comes and goes; between two threads it is `MessagePort` and shared
 * memory only, and nobody else is in the path of a message.
 */
import * as Context from "effect/Context"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import type * as ExitCause from "../ExitCause.ts"
import { loaded } from "../loop/once.ts"
import type { After } from "../loop/timeouts.ts"
import * as ledger from "../shared/ledger.ts"
import * as remains from "../shared/remains.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import * as wire from "../wire/transport.ts"
import type { Acceptor, Host, Hosting } from "./acceptor.ts"
import * as pendingAsks from "./asks.ts"
import * as layers from "./building.ts"
import * as clients from "./clients.ts"
import type { DeadLetter, OnDeadLetter } from "./deadLetter.ts"
import * as extras from "./extras.ts"
import type { Group } from "./group.ts"
import { Hosts } from "./hosts.ts"
import type { MailboxOptions } from "./mailboxOptions.ts"
import type { Origin } from "./middleware.ts"
import { Outbox } from "./outbox.ts"
import { type LinkEnd, Peer } from "./peer.ts"
import { keysOf, type Place } from "./place.ts"

/** A thread's view of the system, and what its endpoint reports. */
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
  /** What was loaded for what the places declare. */
  readonly extras?: extras.Extras | undefined
}

/**
 * One thread's end of all its links.
 *
 * **Details**
 * - The clients exist at once, and for good. Links come and go by `connect` and `lost`; in between, `ready` and `stopping`
 *   say whether the other thread's actors take messages. `gone` and `expected` say whether it will come back.
 * - `Mailbox` is the host's own type of mailbox: the link knows only that it accepts deliveries.
 */
export class Endpoint<Mailbox extends Acceptor> {
  /** The client of every actor of the system, by the key of its service. */
  readonly clients: ReadonlyMap<string, unknown>
  readonly building: layers.Building
  private readonly options: Options
  /** The names of all actors, each once however many instances it has. */
  private readonly known: ReadonlyArray<string>
  private readonly own: Hosts<Mailbox>
  private readonly ownPlace: Place | undefined
  private readonly peers: ReadonlyMap<string, Peer>
  private readonly groups: ReadonlyMap<string | undefined, Group>
  private readonly origin: Origin
  private clientContext: Context.Context<never> | undefined
  /** A message has to wait, in a mailbox or in an outbox. */
  private onQueued = (): void => {}

  constructor(options: Options, hosting: Hosting<Mailbox>) {
    const { extras: { keyed, makeGroups, ...sends } = extras.none, places, self } = options
    this.options = options
    this.known = Array.from(new Set(places.flatMap(({ actors }) => actors.map((actor) => actor.actorName))))
    this.ownPlace = places.find(({ thread }) => thread === self)
    this.own = new Hosts({
      actors: this.ownPlace?.actors ?? [],
      isInstance: this.ownPlace?.group !== undefined,
      block: options.block,
      onQueued: () => this.onQueued(),
      resume: (actor) => {
        for (const peer of this.peers.values()) peer.resume(actor)
      }
    }, hosting)
    this.peers = this.makePeers()
    this.groups = places.some(({ group }) => group !== undefined)
      ? loaded(makeGroups, "instances")(
        places,
        (thread) => this.peers.get(thread)?.outbox,
        options.after,
        () => this.onQueued()
      )
      : new Map()
    this.building = layers.make({ self, places, isLinked: (thread) => this.peers.get(thread)?.isLinked === true })
    this.origin = { thread: self, services: Context.empty(), clients: () => this.allClients(), ...sends }
    this.clients = clients.make({
      strangers: options.strangers ?? [],
      ...this.destinations(),
      building: this.building,
      after: options.after,
      known: this.known,
      origin: this.origin,
      keyed
    })
    this.connectSelf()
  }

  /** The actors of this thread. */
  get hosts(): ReadonlyArray<Host<Mailbox>> {
    return this.own.all
  }

  /** The status block of this thread. */
  get block(): StatusBlock {
    return this.own.block
  }

  /** It is one of several threads that host the same actors. */
  get isInstance(): boolean {
    return this.own.isInstance
  }

  /** Opens this thread's end of a link to another thread. */
  connect(end: LinkEnd): void {
    const { options, own } = this
    this.peers.get(end.peer)?.connect(end, {
      hosts: own.all,
      isInstance: own.isInstance,
      onLeft: own.onLeft,
      onSurplus: (actor, by) => own.block.addSurplus(actor, by),
      onDeadLetter: this.deadLetters(this.ownPlace, end.peer),
      onLost: (tells) => options.onLost?.(end.peer, remains.countLosses(options.self, tells))
    })
  }

  /** The layers of this thread provide these: the client's parts of middleware are taken from them. */
  provide(services: Context.Context<never>): void {
    this.origin.services = services
  }

  /** Calls `f` for each message that has to wait for a place or for room. */
  watchQueues(f: () => void): void {
    this.onQueued = f
  }

  /** A message waits at a sender for room in a mailbox, or for an instance. */
  isQueueing(): boolean {
    return Array.from(this.peers.values()).some(({ outbox }) => outbox.isQueueing()) ||
      Array.from(this.groups.values()).some((group) => group.asks().length > 0)
  }

  /** Messages of this thread expect an answer, or wait to be sent. */
  isAwaiting(): boolean {
    return this.isQueueing() || Array.from(this.peers.values()).some((peer) => peer.isAwaiting)
  }

  /** The asks of this thread that are not answered. */
  asks(): ReadonlyArray<pendingAsks.Ask> {
    return pendingAsks.list(this.options.places, this.peers, this.groups)
  }

  /** The actors of a thread take messages. */
  ready(thread: string, incarnation: number, mailboxes: ReadonlyArray<MailboxOptions>): void {
    this.peers.get(thread)?.open(incarnation, mailboxes)
  }

  /** All actors of this thread are built. Returns how their mailboxes are. */
  selfReady(): ReadonlyArray<MailboxOptions> {
    const mailboxes = this.own.announce()
    this.ready(this.options.self, 0, mailboxes)
    return mailboxes
  }

  /** An incarnation of a thread is dead, or as good as dead. */
  lost(thread: string, incarnation: number, cause: ExitCause.ExitCause): void {
    this.peers.get(thread)?.lost(incarnation, cause)
  }

  /** A thread takes no new messages, for good or until it has been started again. */
  stopping(thread: string, comesBack: boolean): void {
    this.peers.get(thread)?.stopping(comesBack)
  }

  /** Takes in what has arrived on every link, before this thread stops taking messages. */
  drain(): void {
    for (const peer of this.peers.values()) peer.drain()
  }

  /** Posts what waits for the end of the turn, and takes nothing in. */
  flush(): void {
    for (const peer of this.peers.values()) peer.flush()
  }

  /** This thread has stopped its actors: their tells that no thread has taken are reported. */
  abandon(reason: ActorError.Reason): void {
    for (const { mailbox } of this.hosts) mailbox.rejectLocal(reason)
    for (const group of this.groups.values()) group.abandon(reason)
    for (const { outbox } of this.peers.values()) outbox.abandon(reason)
  }

  /** A thread won't come back by itself. */
  gone(thread: string, why: string): void {
    this.peers.get(thread)?.outbox.gone(new ActorError.NotRunning({ why, known: this.known }))
  }

  /** A thread will come (back). */
  expected(thread: string): void {
    this.peers.get(thread)?.outbox.expected()
  }

  /** Closes all links. */
  close(): void {
    for (const peer of this.peers.values()) peer.close()
  }

  /** All threads and their actors, and where the messages of an actor go: to its thread, any instance of it, or a certain one. */
  destinations(): Pick<Parameters<typeof clients.make>[0], "destination" | "instance" | "places"> & {
    readonly clients: () => Context.Context<never>
  } {
    return {
      places: this.options.places,
      clients: () => this.allClients(),
      destination: ({ group, thread }) => this.groups.get(group) ?? this.peers.get(thread)?.outbox,
      instance: (thread) => this.peers.get(thread)?.outbox
    }
  }

  /** The clients as a context, made when it is first needed. */
  private allClients(): Context.Context<never> {
    return this.clientContext ??= Context.makeUnsafe(this.clients)
  }

  /** An outbox for each thread, with its part of the memory that counts waiting tells. */
  private makePeers(): ReadonlyMap<string, Peer> {
    const { extras, places, self, ...options } = this.options
    const waiting = options.remains &&
      remains.openWaiting(options.remains, places.flatMap(({ actors }) => actors).length)
    let counted = 0
    return new Map(places.map((place): [string, Peer] => {
      const from = counted
      counted += place.actors.length
      const outbox = new Outbox({
        actors: place.actors.length,
        holdKeys: (actor) => keysOf(place.actors[actor]) && loaded(extras?.keyed, "keyed actors").holdKeys,
        local: place.thread === self,
        onDeadLetter: this.deadLetters(place, self),
        onCircle: (chain, circle) => {
          if (chain.length > 0) { for (const peer of this.peers.values()) peer.tellCircle(chain, circle) }
        },
        onQueued: () => this.onQueued(),
        ...(waiting === undefined ? {} : { waiting: waiting.subarray(from, counted) })
      })
      return [place.thread, new Peer(outbox)]
    }))
  }

  /** This thread is its own peer: the same rules hold for calls within it, without a port. */
  private connectSelf(): void {
    const { block, remains, self } = this.options
    const loopback = remains?.loopback ?? ledger.allocate()
    this.connect({
      peer: self,
      incarnation: 0,
      connect: (receiver) => wire.inMemory(() => receiver),
      sends: loopback,
      receives: loopback,
      block
    })
    this.ready(self, 0, [])
  }

  /** Reports dead letters to the actors of a place. */
  private deadLetters(place: Place | undefined, senderThread: string): OnDeadLetter {
    return ({ actor, key, payload, reason, sender, tag }) =>
      this.options.onDeadLetter({
        actor: place?.actors[actor]?.actorName ?? "",
        request: tag,
        key,
        reason,
        sender: sender[0] ?? senderThread,
        senderThread,
        payload
      })
  }
}
