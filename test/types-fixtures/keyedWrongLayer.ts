import { Actor } from "heddle"
import { Room, seatLayer } from "./actors.ts"

export const lazy = Actor.lazy(Room, () => Promise.resolve({ default: seatLayer }))
