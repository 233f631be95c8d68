import { describeKills } from './kills.ts';

describeKills('alone');
