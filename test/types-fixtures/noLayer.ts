import { Actor } from "heddle"
import { Greeter } from "./actors.ts"

export const lazy = Actor.lazy(Greeter, () => Promise.resolve({ default: "not a layer" }))
