import type * as Layer from "effect/Layer"
import type { Config, System } from "../System.ts"
import type { SystemError } from "../SystemError.ts"
export declare const layer: <Actors>(config: Config<Actors>) => Layer.Layer<Actors | System, SystemError>
