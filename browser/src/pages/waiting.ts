/** Loaded on a member's page where something waits on this device to be sent. */
import { begin } from "./member/later.ts";

void begin();
