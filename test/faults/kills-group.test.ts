import { describeKills } from './kills.ts';

describeKills('group');
