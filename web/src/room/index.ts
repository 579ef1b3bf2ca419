export * from './amount.ts';
export * from './backoff.ts';
export * from './clock.ts';
export type * from './frames.ts';
export * from './line.ts';
export * from './link.ts';
export * from './state.ts';
export * from './wake.ts';
