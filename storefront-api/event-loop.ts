import { monitorEventLoopDelay } from 'node:perf_hooks';

const intervalMs = 500;

/** The timer whose lateness is measured; its period is part of what the histogram records. */
const resolutionMs = 10;
const nanosecondsPerMs = 1e6;

/** Watches how late the event loop is. */
export interface EventLoopWatch {
  /** 99th percentile of the last half second. */
  readonly delayP99Ms: number;
  stop(): void;
}

/** Starts to watch; `onDelay` hears the 99th percentile twice a second. */
export function watchEventLoop(onDelay: (delayP99Ms: number) => void): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let delayP99Ms = 0;
  const timer = setInterval(() => {
    delayP99Ms = Math.max(0, histogram.percentile(99) / nanosecondsPerMs - resolutionMs);
    histogram.reset();
    onDelay(delayP99Ms);
  }, intervalMs);
  timer.unref();
  return {
    get delayP99Ms() {
      return delayP99Ms;
    },
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
