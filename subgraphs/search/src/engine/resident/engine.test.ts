import { describeEngine } from '../contract.ts'
import { createResidentEngine } from './engine.ts'

describeEngine('resident', () => createResidentEngine())
