/** Supervised, named, long-lived services on worker threads. */
export * as Actor from "./Actor.ts"
export * as ActorError from "./ActorError.ts"
export * as ExitCause from "./ExitCause.ts"
export * as RestartPolicy from "./RestartPolicy.ts"
export * as System from "./System.ts"
export * as SystemError from "./SystemError.ts"
export * as SystemEvent from "./SystemEvent.ts"
export * as Thread from "./Thread.ts"
