/** What a list of requests is asked for, out of the address: only what is there. */
export function narrowed(query: URLSearchParams) {
  const of = <Name extends string>(name: string, asked: Name) => {
    const words = query.get(name)?.trim();
    return (words ? { [asked]: words } : {}) as { [Asked in Name]?: string };
  };
  const brand_id = Number(query.get('brand'));
  return {
    ...of('q', 'q'), ...of('city', 'city'), ...of('part', 'part_name'), ...of('status', 'status'), ...(brand_id ? { brand_id } : {}),
    ...(query.get('sort') === 'closing_soon' ? { sort: 'closing_soon' as const } : {}),
  };
}
