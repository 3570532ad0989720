/** Loaded on a member's page where something waits on this device to be sent. */
import "./member/common.ts";
import { begin } from "./member/later.ts";

void begin();
