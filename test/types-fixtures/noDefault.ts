import { Actor } from "heddle"
import { Greeter } from "./actors.ts"

// The module exports the layer by a name, and nothing by default.
export const lazy = Actor.lazy(Greeter, () => import("./actors.ts"))
