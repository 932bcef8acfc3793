#include "common/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

#include "common/mac_address.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

bool IsIn(const char* networks, const char* address) {
  const auto home = HomeNetworks::Parse(networks);
  EXPECT_TRUE(home.ok()) << home.status();
  return home->Contains(*IpAddress::Parse(address));
}
bool IsHome(const char* address) {
  return HomeNetworks::Default().Contains(*IpAddress::Parse(address));
}

TEST(IpAddress, TextComesBackInItsShortestForm) {
  EXPECT_EQ(IpAddress::Parse("192.168.1.20")->ToString(), "192.168.1.20");
  EXPECT_EQ(IpAddress::Parse("2001:0db8:0:0::7")->ToString(), "2001:db8::7");
  EXPECT_EQ(IpAddress::Parse("::")->ToString(), "::");
}

TEST(IpAddress, AMappedAddressIsTheIpv4One) {
  EXPECT_EQ(*IpAddress::Parse("::ffff:10.0.0.1"), *IpAddress::Parse("10.0.0.1"));
  EXPECT_TRUE(IpAddress::Parse("::ffff:10.0.0.1")->is_v4());
  EXPECT_FALSE(IpAddress::Parse("::10.0.0.1")->is_v4());
}

TEST(IpAddress, OrderIsTheBytes) {
  EXPECT_LT(*IpAddress::Parse("9.0.0.0"), *IpAddress::Parse("10.0.0.0"));
  EXPECT_LT(*IpAddress::Parse("127.255.255.255"), *IpAddress::Parse("128.0.0.0"));
  EXPECT_LT(*IpAddress::Parse("10.0.0.0"), *IpAddress::Parse("fd00::1"));
}

TEST(IpAddress, OtherTextIsRefusedByItsWords) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "fd00:::1", "home", "10.0.0.1 "}) {
    const auto address = IpAddress::Parse(text);
    EXPECT_TRUE(absl::IsInvalidArgument(address.status())) << text;
    EXPECT_THAT(std::string(address.status().message()),
                HasSubstr("\"" + std::string(text) + "\""));
  }
}

TEST(HomeNetworks, PrivateAddressesAreHomeByDefaultUpToTheirEdges) {
  for (const char* home : {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255",
                           "192.168.0.0", "192.168.255.255"}) {
    EXPECT_TRUE(IsHome(home)) << home;
  }
  for (const char* elsewhere : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
                                "192.167.255.255", "192.169.0.0", "203.0.113.7", "127.0.0.1"}) {
    EXPECT_FALSE(IsHome(elsewhere)) << elsewhere;
  }
}

TEST(HomeNetworks, UniqueLocalAddressesAreHomeByDefault) {
  EXPECT_TRUE(IsHome("fc00::"));
  EXPECT_TRUE(IsHome("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(IsHome("fbff::1"));
  EXPECT_FALSE(IsHome("2001:db8::7"));
}

TEST(HomeNetworks, LinkLocalAddressesAreHomeByDefault) {
  EXPECT_TRUE(IsHome("169.254.0.0"));
  EXPECT_TRUE(IsHome("169.254.255.255"));
  EXPECT_TRUE(IsHome("fe80::1"));
  EXPECT_TRUE(IsHome("febf:ffff::1"));
  EXPECT_FALSE(IsHome("fec0::1"));
  EXPECT_FALSE(IsHome("169.253.255.255"));
}

TEST(HomeNetworks, APrefixOfAnyLengthEndsAtItsBit) {
  EXPECT_TRUE(IsIn("203.0.113.128/25", "203.0.113.255"));
  EXPECT_FALSE(IsIn("203.0.113.128/25", "203.0.113.127"));
  EXPECT_TRUE(IsIn("203.0.113.4/30", "203.0.113.7"));
  EXPECT_FALSE(IsIn("203.0.113.4/30", "203.0.113.8"));
  EXPECT_TRUE(IsIn("2001:db8:8000::/33", "2001:db8:ffff::1"));
  EXPECT_FALSE(IsIn("2001:db8:8000::/33", "2001:db8:7fff::1"));
}

TEST(HomeNetworks, ABareAddressIsOneHost) {
  EXPECT_TRUE(IsIn("203.0.113.7", "203.0.113.7"));
  EXPECT_FALSE(IsIn("203.0.113.7", "203.0.113.6"));
  EXPECT_TRUE(IsIn("2001:db8::7", "2001:db8::7"));
  EXPECT_FALSE(IsIn("2001:db8::7", "2001:db8::6"));
}

TEST(HomeNetworks, BitsBehindThePrefixDoNotMatter) {
  EXPECT_TRUE(IsIn("192.168.1.77/24", "192.168.1.1"));
  EXPECT_FALSE(IsIn("192.168.1.77/24", "192.168.2.77"));
}

TEST(HomeNetworks, AListReplacesTheDefault) {
  EXPECT_TRUE(IsIn("203.0.113.0/24, 2001:db8::/32", "203.0.113.7"));
  EXPECT_TRUE(IsIn("203.0.113.0/24, 2001:db8::/32", "2001:db8::7"));
  EXPECT_FALSE(IsIn("203.0.113.0/24, 2001:db8::/32", "192.168.1.20"));
}

TEST(HomeNetworks, AllOfIpv4IsNotIpv6) {
  EXPECT_TRUE(IsIn("0.0.0.0/0", "203.0.113.7"));
  EXPECT_FALSE(IsIn("0.0.0.0/0", "2001:db8::7"));
}

TEST(HomeNetworks, AWrongPartIsRefusedByItsWords) {
  const std::pair<const char*, const char*> wrong[] = {
      {"10.0.0.0/33", "\"10.0.0.0/33\" is no network; the number behind / goes from 0 to 32"},
      {"fd00::/129", "goes from 0 to 128"},
      {"10.0.0.0/-1", "\"10.0.0.0/-1\""},
      {"10.0.0.0/", "\"10.0.0.0/\""},
      {"10.0.0.0/8/8", "\"10.0.0.0/8/8\""},
      {"10.0.0.0/8,router", "\"router\" is no IP address"},
      {"10.0.0.0/8,", "\"\" is no IP address"},
  };
  for (const auto& [list, words] : wrong) {
    const auto home = HomeNetworks::Parse(list);
    EXPECT_TRUE(absl::IsInvalidArgument(home.status())) << list;
    EXPECT_THAT(std::string(home.status().message()), HasSubstr(words));
  }
}

TEST(HomeNetworks, TheShortcutForIpv4SaysTheSame) {
  const auto home =
      *HomeNetworks::Parse("10.0.0.0/8,172.16.0.0/12,192.168.7.0/24,203.0.113.7,198.51.100.0/23");
  std::mt19937 random(1);
  const uint8_t firsts[][2] = {{10, 9},    {172, 16}, {172, 31}, {172, 32},
                               {192, 168}, {203, 0},  {198, 51}, {9, 255}};
  int inside = 0;
  for (int i = 0; i < 200'000; ++i) {
    uint8_t bytes[4];
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    if (i % 2 == 0) std::copy_n(firsts[random() % std::size(firsts)], 2, bytes);
    if (i % 4 == 0) bytes[2] = static_cast<uint8_t>(std::array{7, 113, 100, 101}[random() % 4]);
    uint32_t as_it_lies;
    std::memcpy(&as_it_lies, bytes, 4);
    const bool contains = home.Contains(IpAddress::FromV4(bytes));
    ASSERT_EQ(home.ContainsV4(as_it_lies), contains) << IpAddress::FromV4(bytes).ToString();
    inside += contains;
  }
  EXPECT_GT(inside, 10'000);
}

TEST(MacAddress, ParsesWhatItPrintsInEitherCase) {
  const auto address = MacAddress::Parse("00:1B:2c:3D:4e:5F");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->ToString(), "00:1b:2c:3d:4e:5f");
  for (const char* wrong : {"", "00:1b:2c:3d:4e", "00:1b:2c:3d:4e:5f:60", "00-1b-2c-3d-4e-5f",
                            "00:1b:2c:3d:4e:5g", "0:01b:2c:3d:4e:5f", "-1:1b:2c:3d:4e:5f"}) {
    EXPECT_FALSE(MacAddress::Parse(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace silhouette
