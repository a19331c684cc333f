// Uses a little of the installed library: a header-only part, a compiled part and a private dependency.
#include <boresight/boresight.h>

#include <cstdio>
#include <cstring>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2 || std::strcmp(argv[1], boresight::version) != 0) {
    std::fprintf(stderr, "the headers say version %s\n", boresight::version);
    return 1;
  }

  // FIPS 180-4, the digest of "abc": reaches into OpenSSL behind the library.
  const std::vector<std::uint8_t> abc = {'a', 'b', 'c'};
  if (boresight::to_hex(boresight::sha256(abc)) !=
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") {
    std::fprintf(stderr, "SHA-256 is wrong\n");
    return 1;
  }

  boresight::GridBuffer<boresight::cf32> samples(4, 100);
  boresight::Random random(1);
  for (std::size_t r = 0; r < samples.rows(); ++r) random.add_noise(samples.row(r), 1.0F);
  std::printf("boresight %s: %zu x %zu samples\n", boresight::version, samples.rows(), samples.columns());
  return 0;
}
