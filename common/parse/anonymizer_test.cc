#include "common/parse/anonymizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The key of the sample in Crypto-PAn's original distribution.
constexpr char kSampleKeyHex[] = "1522178d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202";

std::string SampleKey() { return absl::HexStringToBytes(kSampleKeyHex); }

std::unique_ptr<Anonymizer> Sample() {
  auto anonymizer = Anonymizer::FromKey(SampleKey());
  EXPECT_TRUE(anonymizer.ok()) << anonymizer.status();
  return *std::move(anonymizer);
}

std::string MapText(Anonymizer* anonymizer, const char* address) {
  return anonymizer->Map(*IpAddress::Parse(address)).ToString();
}

int CommonPrefixBits(const IpAddress& a, const IpAddress& b) {
  for (size_t i = 0; i < a.bytes.size(); ++i) {
    const auto difference = static_cast<uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (difference != 0) return static_cast<int>(8 * i) + std::countl_zero(difference);
  }
  return 128;
}

// Random addresses and, of each, one that first differs at each bit from `first_bit` on.
std::vector<IpAddress> AddressesOfEveryDistance(size_t first_bit) {
  std::mt19937 random(1);
  std::vector<IpAddress> addresses;
  for (int i = 0; i < 4; ++i) {
    IpAddress base = *IpAddress::Parse("0.0.0.0");
    for (size_t bit = first_bit; bit < 128; bit += 8) {
      base.bytes[bit / 8] = static_cast<uint8_t>(random());
    }
    addresses.push_back(base);
    for (size_t bit = first_bit; bit < 128; ++bit) {
      IpAddress other = base;
      other.bytes[bit / 8] ^= static_cast<uint8_t>(0x80 >> bit % 8);
      for (size_t byte = bit / 8 + 1; byte < 16; ++byte) {
        other.bytes[byte] = static_cast<uint8_t>(random());
      }
      addresses.push_back(other);
    }
  }
  return addresses;
}

void ExpectPrefixesKept(const std::vector<IpAddress>& addresses) {
  const auto anonymizer = Sample();
  std::vector<IpAddress> mapped;
  for (const IpAddress& address : addresses) mapped.push_back(anonymizer->Map(address));
  for (size_t i = 0; i < addresses.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      ASSERT_EQ(CommonPrefixBits(mapped[i], mapped[j]),
                CommonPrefixBits(addresses[i], addresses[j]))
          << addresses[i].ToString() << " and " << addresses[j].ToString();
    }
  }
}

// sample_trace_raw.dat and sample_trace_sanitized.dat of the original distribution.
TEST(Anonymizer, MapsIpv4AsTheOriginalCryptoPanDoes) {
  const auto anonymizer = Sample();
  constexpr const char* kPairs[][2] = {
      {"128.11.68.132", "135.242.180.132"},   {"129.118.74.4", "134.136.186.123"},
      {"130.132.252.244", "133.68.164.234"},  {"141.223.7.43", "141.167.8.160"},
      {"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"},
      {"156.29.3.236", "147.225.12.42"},      {"165.247.96.84", "162.9.99.234"},
      {"166.107.77.190", "160.132.178.185"},  {"192.102.249.13", "252.138.62.131"},
      {"192.215.32.125", "252.43.47.189"},    {"202.49.198.20", "245.206.7.234"},
      {"209.12.231.7", "226.243.167.8"},      {"216.227.10.221", "235.28.253.36"},
      {"24.0.250.221", "100.15.198.226"},     {"38.15.67.68", "64.3.66.187"},
      {"4.3.88.225", "124.60.155.63"},        {"63.97.7.140", "95.97.9.123"},
      {"64.34.154.117", "0.221.154.117"},     {"10.185.25.118", "117.161.29.118"},
  };
  for (const auto& [address, mapped] : kPairs) {
    EXPECT_EQ(MapText(anonymizer.get(), address), mapped) << address;
  }
}

// The vectors of Go's cryptopan, an implementation of its own.
TEST(Anonymizer, MapsIpv6AsOtherCryptoPanDoes) {
  const auto anonymizer = Sample();
  constexpr const char* kPairs[][2] = {
      {"::1", "78ff:f001:9fc0:20df:8380:b1f1:704:ed"},
      {"::2", "78ff:f001:9fc0:20df:8380:b1f1:704:ef"},
      {"::ffff", "78ff:f001:9fc0:20df:8380:b1f1:704:f838"},
      {"2001:db8::1", "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e"},
      {"2001:db8::2", "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c"},
  };
  for (const auto& [address, mapped] : kPairs) {
    EXPECT_EQ(MapText(anonymizer.get(), address), mapped) << address;
  }
}

TEST(Anonymizer, Ipv4AddressesShareAsManyLeadingBitsAsBefore) {
  ExpectPrefixesKept(AddressesOfEveryDistance(96));
}

TEST(Anonymizer, Ipv6AddressesShareAsManyLeadingBitsAsBefore) {
  ExpectPrefixesKept(AddressesOfEveryDistance(0));
}

TEST(Anonymizer, MapsANetworkOntoANetworkOfItsSize) {
  const auto anonymizer = Sample();
  std::set<IpAddress> mapped;
  std::set<uint8_t> networks;
  for (int i = 0; i < 65'536; ++i) {
    const uint8_t bytes[] = {192, 168, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
    const IpAddress to = anonymizer->Map(IpAddress::FromV4(bytes));
    EXPECT_TRUE(to.is_v4());
    mapped.insert(to);
    networks.insert(to.bytes[13]);
  }
  EXPECT_EQ(mapped.size(), 65'536u);
  EXPECT_EQ(networks.size(), 1u);
}

TEST(Anonymizer, NoAddressStaysNone) {
  const auto anonymizer = Sample();
  EXPECT_EQ(anonymizer->Map(IpAddress()), IpAddress());
  EXPECT_EQ(anonymizer->Map(MacAddress()), MacAddress());
}

TEST(Anonymizer, TheUnspecifiedIpv4AddressIsMappedLikeAnyOther) {
  EXPECT_NE(MapText(Sample().get(), "0.0.0.0"), "0.0.0.0");
}

// Computed with Python's hmac.
TEST(Anonymizer, MapsHardwareAddressesByHmacAndKeepsTheGroupBit) {
  const auto anonymizer = Sample();
  const auto map = [&](MacAddress address) { return anonymizer->Map(address).ToString(); };
  EXPECT_EQ(map({{0x00, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f}}), "ee:09:38:3c:95:5c");
  EXPECT_EQ(map({{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}}), "7b:0f:76:89:31:9a");
  EXPECT_EQ(map({{0x33, 0x33, 0x00, 0x00, 0x00, 0xfb}}), "4b:a3:34:4c:dd:ca");
  EXPECT_EQ(map({{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}), "ff:ff:ff:ff:ff:ff");
}

TEST(Anonymizer, AFullMemoryChangesNoMapping) {
  const auto anonymizer = Sample();
  const IpAddress address = *IpAddress::Parse("128.11.68.132");
  const MacAddress mac{{0x00, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f}};
  const IpAddress mapped = anonymizer->Map(address);
  const MacAddress mapped_mac = anonymizer->Map(mac);
  for (size_t i = 0; i <= Anonymizer::kMaxRemembered; ++i) {
    const uint8_t bytes[] = {
        10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i), 1,
        1};
    anonymizer->Map(IpAddress::FromV4(bytes));
    anonymizer->Map(MacAddress::From(bytes));
  }
  EXPECT_EQ(anonymizer->Map(address), mapped);
  EXPECT_EQ(anonymizer->Map(mac), mapped_mac);
}

TEST(Anonymizer, AnotherKeyMapsElsewhere) {
  const auto other = *Anonymizer::FromKey(std::string(Anonymizer::kKeyBytes, 7));
  EXPECT_NE(MapText(other.get(), "128.11.68.132"), "135.242.180.132");
}

FlowKey KeyWithEverything() {
  FlowKey key;
  key.home = *IpAddress::Parse("192.168.1.20");
  key.remote = *IpAddress::Parse("203.0.113.7");
  key.home_port = 50000;
  key.remote_port = 443;
  key.protocol = 17;
  key.home_is_home = true;
  key.vlan = 5;
  key.home_mac = {{0x00, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f}};
  key.remote_mac = {{0x00, 0x1b, 0x2c, 0x3d, 0x4e, 0x60}};
  return key;
}

TEST(Anonymizer, AFlowKeepsAllButItsAddresses) {
  const auto anonymizer = Sample();
  for (Network network : {Network::kIp, Network::kArp}) {
    FlowKey key = KeyWithEverything();
    key.network = network;
    FlowKey expected = key;
    expected.home = anonymizer->Map(key.home);
    expected.remote = anonymizer->Map(key.remote);
    expected.home_mac = anonymizer->Map(key.home_mac);
    expected.remote_mac = anonymizer->Map(key.remote_mac);
    anonymizer->Apply(&key);
    EXPECT_EQ(key, expected);
    EXPECT_NE(key.home, KeyWithEverything().home);
    EXPECT_NE(key.remote_mac, KeyWithEverything().remote_mac);
  }
}

TEST(Anonymizer, OfHardwareAddressesAloneOnlyThoseAreMapped) {
  const auto anonymizer = Sample();
  for (Network network : {Network::kOther, Network::kCut}) {
    FlowKey key = KeyWithEverything();
    key.network = network;
    key.home = key.remote = IpAddress();
    anonymizer->Apply(&key);
    EXPECT_EQ(key.home, IpAddress());
    EXPECT_EQ(key.remote, IpAddress());
    EXPECT_EQ(key.home_mac, anonymizer->Map(KeyWithEverything().home_mac));
  }
}

TEST(Anonymizer, AKeyFileHoldsBytesOrHexDigits) {
  TemporaryFolder folder;
  const std::string hex = kSampleKeyHex;
  for (const std::string& content : {SampleKey(), hex, hex + "\n", hex + "\r\n"}) {
    EXPECT_EQ(*Anonymizer::ReadKey(folder.Write("key", content)), SampleKey());
  }
}

TEST(Anonymizer, WhatIsNoKeyFileIsRefusedByWhatItHoldsAndHowToMakeOne) {
  TemporaryFolder folder;
  const std::string hex = kSampleKeyHex;
  const std::pair<std::string, const char*> cases[] = {
      {"", "holds 0 bytes"},
      {"secret\n", "holds 7 bytes"},
      {SampleKey() + "\n", "holds 33 bytes"},
      {hex.substr(0, 32), "32 hex digits, which are 16 bytes"},
      {hex.substr(0, 63) + "g\n", "not all hex digits"},
      {hex + hex, "more than 66 bytes"},
  };
  for (const auto& [content, found] : cases) {
    const std::string path = folder.Write("key", content);
    const absl::Status status = Anonymizer::ReadKey(path).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(StartsWith(path + ": not a key: "), HasSubstr(found),
                      HasSubstr("head -c 32 /dev/urandom")));
  }
  EXPECT_TRUE(absl::IsNotFound(Anonymizer::ReadKey(folder.File("no")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Anonymizer::ReadKey("/dev/urandom").status()));
}

TEST(Anonymizer, AKeyOfAnotherLengthIsRefused) {
  const absl::Status status = Anonymizer::FromKey(std::string(16, 7)).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(std::string(status.message()), "a key of 16 bytes; give 32");
  EXPECT_TRUE(absl::IsInvalidArgument(Anonymizer::FromOptionalKey("short").status()));
}

TEST(Anonymizer, NoKeyGivesNone) { EXPECT_EQ(*Anonymizer::FromOptionalKey(""), nullptr); }

}  // namespace
}  // namespace silhouette
