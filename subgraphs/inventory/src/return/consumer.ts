import { type CommandHandler, command } from '@commerce/events/command.ts'
import { returnStock } from '@commerce/events/commands.ts'
import type { ReturnService } from './service.ts'

/** The command with which sold units come back. */
export function returnCommands(returns: ReturnService): CommandHandler[] {
  return [command(returnStock, returns.byCommand)]
}
