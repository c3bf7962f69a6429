const proxyNames = ['http_proxy', 'https_proxy', 'all_proxy'];

/**
 * An environment without the HTTP proxies of this machine. What a cluster's parts call is the cluster itself, often at
 * addresses that no NO_PROXY of a user names, and no proxy finds. Pure.
 */
export function withoutProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !proxyNames.includes(name.toLowerCase())),
  );
}
