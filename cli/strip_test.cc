#include "cli/strip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;

// Without colours: ░ background, █ person.
std::string Draw(const std::vector<StripPiece>& pieces, size_t columns = 10, int64_t from_s = 0,
                 int64_t to_s = 10) {
  return Strip(Terminal(), columns, from_s * kSecond, to_s * kSecond, {"background", "person"})
      .Draw(pieces);
}
StripPiece Piece(double from_s, double to_s, const std::string& name) {
  return {static_cast<int64_t>(from_s * 1e9), static_cast<int64_t>(to_s * 1e9), name};
}

TEST(Strip, EachCellIsTheClassOfItsTime) {
  EXPECT_EQ(Draw({Piece(0, 4, "person"), Piece(4, 10, "background")}), "████░░░░░░");
}

TEST(Strip, ACellShowsTheClassThatFillsMostOfIt) {
  EXPECT_EQ(Draw({Piece(0, 4.6, "person"), Piece(4.6, 10, "background")}), "█████░░░░░");
  EXPECT_EQ(Draw({Piece(0, 4.4, "person"), Piece(4.4, 10, "background")}), "████░░░░░░");
  // Two thirds of the first cell in two pieces.
  EXPECT_EQ(Draw({Piece(0, 0.3, "person"), Piece(0.3, 0.6, "background"), Piece(0.6, 1, "person")},
                 1, 0, 1),
            "█");
}

TEST(Strip, WhereNothingIsKnownItIsBlank) {
  EXPECT_EQ(Draw({}), "          ");
  EXPECT_EQ(Draw({Piece(2, 3, "person")}), "  █       ");
  EXPECT_EQ(Draw({Piece(0, 10, "an unknown class")}), "          ");
}

TEST(Strip, WhatLiesOutsideIsCutOff) {
  EXPECT_EQ(Draw({Piece(-5, 2, "person"), Piece(8, 99, "background")}), "██      ░░");
  EXPECT_EQ(Draw({Piece(-5, -1, "person"), Piece(10, 12, "person")}), "          ");
}

TEST(Strip, AStretchOfNoLengthIsDrawnAllTheSame) { EXPECT_EQ(Draw({}, 3, 5, 5), "   "); }

TEST(Strip, ColoursAreLeftOutWithoutATerminal) {
  Terminal colored;
  colored.colors = true;
  const std::vector<std::string> classes = {"background", "person"};
  const Strip strip(colored, 1, 0, kSecond, classes);
  EXPECT_THAT(strip.Draw({Piece(0, 1, "person")}), HasSubstr("\033[3"));
  EXPECT_THAT(strip.Draw({Piece(0, 1, "person")}), HasSubstr("█"));
  EXPECT_EQ(Draw({Piece(0, 1, "person")}, 1, 0, 1), "█");
}

TEST(Strip, TheLegendNamesEveryClass) {
  EXPECT_EQ(Strip(Terminal(), 10, 0, kSecond, {"background", "person"}).Legend(),
            "█ person   ░ background");
}

TEST(Strip, TheAxisIsAsLongAsTheLineAndCountsFromZero) {
  const Strip strip(Terminal(), 30, 100 * kSecond, 225 * kSecond, {"a"});
  const std::string axis = strip.Axis(100 * kSecond);
  EXPECT_EQ(axis.size(), 30u);
  EXPECT_EQ(axis.substr(0, 6), "0:00.0");
  EXPECT_EQ(axis.substr(24), "2:05.0");
}

}  // namespace
}  // namespace silhouette
