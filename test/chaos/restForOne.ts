import { declare } from "./systems.ts"

export default declare("rest-for-one", import.meta.url)
