/** An address as it may stand on a page: enough for its owner to know it by, too little to write to (`a•••@example.org`). */
export function masked(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = ''] = address;
  return at < 1 ? '•••' : `${first}•••${address.slice(at)}`;
}
